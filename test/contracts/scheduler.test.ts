import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type DeadLetter,
  type Domain,
  type Hint,
  type JobQueue,
  type NoticeSender,
  reason,
  systemClock,
} from '@mooring/core'
import {
  type Database,
  createDeadLetters,
  createDeliveries,
  createDispatch,
  createHousekeeping,
  createNotices,
  createWorkers,
} from '@mooring/postgres'
import { createSlackWebhook } from '@mooring/providers'
import { type Scheduler, startScheduler } from '@mooring/scheduler'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { storeDomain } from '../builders/stored-domain.ts'
import { usePostgres } from '../services/test-database.ts'
import { soon } from '../services/soon.ts'

const { database, openAnother, asSuperuser } = usePostgres()
const schedulers: Scheduler[] = []
const servers: Server[] = []
afterEach(async () => {
  await Promise.all(schedulers.splice(0).map((scheduler) => scheduler.stop()))
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** A queue whose broker can be filled and taken away; `hints` has what was published, with the time. */
function aQueue() {
  const state = {
    hints: [] as (Hint & { at: number })[],
    healthy: true,
    waiting: 0,
    confirming: true,
    deadLetters: null as ((letter: DeadLetter) => Promise<void>) | null,
    asked: 0,
  }
  const queue: JobQueue = {
    async publish(hints) {
      state.hints.push(...hints.map((hint) => ({ ...hint, at: Date.now() })))
      state.waiting += hints.length
      return state.confirming
        ? { confirmed: hints.length, unconfirmed: 0 }
        : { confirmed: 0, unconfirmed: hints.length }
    },
    consume: () => Promise.reject(new Error('a scheduler consumes no hints')),
    async consumeDeadLetters(handle) {
      state.deadLetters = handle
      return {
        async stop() {
          state.deadLetters = null
        },
      }
    },
    async depth() {
      state.asked += 1
      return { interactive: 0, renewal: 0, normal: state.waiting }
    },
    queues: async () => null,
    isHealthy: () => state.healthy,
    close: async () => {},
  }
  return Object.assign(state, { queue, domains: () => state.hints.map(({ domainId }) => domainId) })
}

async function aScheduler(queue: JobQueue, facts: { database?: Database; senders?: NoticeSender[] } = {}) {
  const own = facts.database ?? openAnother()
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const scheduler = await startScheduler({
    database: own,
    queue,
    dispatch: createDispatch(own, { hintSeconds: 30, tenantInFlight: 25 }),
    workers: createWorkers(own),
    notices: createNotices(own),
    deliveries: createDeliveries(own),
    senders: facts.senders ?? [],
    deadLetters: createDeadLetters(own),
    housekeeping: createHousekeeping(own),
    clock: systemClock,
    log,
    settings: { noticeWindowMs: 60_000, leadership: { candidacyMs: 50 } },
  })
  schedulers.push(scheduler)
  return Object.assign(scheduler, { log })
}

const leads = (scheduler: Scheduler) => vi.waitFor(() => expect(scheduler.isLeading()).toBe(true), { timeout: 5_000 })
/** A domain due at that time that no worker holds; nobody is told. */
async function dueDomain(at: Date = new Date(Date.now() - 1_000)): Promise<Domain> {
  const { domain } = await storeDomain(database(), { nextRunAt: at })
  await database().kysely.updateTable('domains').set({ lease_until: null }).where('id', '=', domain.id).execute()
  return domain
}
const notify = () => database().pool.query(`select pg_notify('mooring_due', '')`)
const published = (queue: ReturnType<typeof aQueue>, domains: Domain[]) =>
  vi.waitFor(() => expect(queue.domains().toSorted()).toEqual(domains.map(({ id }) => id).toSorted()), {
    timeout: 10_000,
    interval: 5,
  })

describe('the scheduler', () => {
  it('promotes at once what is notified, long before its next poll', async () => {
    const queue = aQueue()
    await leads(await aScheduler(queue.queue))
    const latencies: number[] = []
    for (let index = 0; index < 10; index += 1) {
      const domain = await dueDomain(new Date(Date.now() + 3_600_000))
      await database()
        .kysely.updateTable('domains')
        .set({ next_run_at: new Date(0) })
        .where('id', '=', domain.id)
        .execute()
      const at = Date.now()
      await notify()
      await vi.waitFor(() => expect(queue.domains()).toContain(domain.id), { interval: 2, timeout: 5_000 })
      latencies.push((queue.hints.at(-1)?.at ?? 0) - at)
    }
    const median = latencies.toSorted((a, b) => a - b)[5] ?? Number.NaN
    expect(median).toBeLessThan(200)
  })

  it('finds what nobody was told of', async () => {
    const queue = aQueue()
    await leads(await aScheduler(queue.queue))
    await published(queue, [await dueDomain()])
  })

  it('promotes a domain when it falls due, once', async () => {
    const queue = aQueue()
    await leads(await aScheduler(queue.queue))
    const dueAt = new Date(Date.now() + 1_500)
    const domain = await dueDomain(dueAt)
    await published(queue, [domain])
    expect(queue.hints[0]?.at).toBeGreaterThanOrEqual(dueAt.getTime() - 5)
    await notify()
    const asked = queue.asked
    await soon(() => expect(queue.asked).toBeGreaterThan(asked))
    expect(queue.hints).toHaveLength(1)
  })

  it('leaves work in Postgres while the broker is away', async () => {
    const queue = aQueue()
    queue.healthy = false
    await leads(await aScheduler(queue.queue))
    const domain = await dueDomain()
    await notify()
    const { rows } = await database().pool.query(`select hinted_until from domains`)
    expect(rows).toEqual([{ hinted_until: null }])
    expect(queue.hints).toEqual([])
    queue.healthy = true
    await published(queue, [domain])
  })

  it('keeps queues shallow: four hints per slot, and a floor for workers that start', async () => {
    const queue = aQueue()
    for (let index = 0; index < 100; index += 1) await dueDomain()
    await leads(await aScheduler(queue.queue))
    await soon(() => expect(queue.hints).toHaveLength(64))
    await createWorkers(database()).heartbeat({ name: 'worker-a', slots: 24 })
    await vi.waitFor(() => expect(queue.hints).toHaveLength(96), { timeout: 10_000 })
    queue.waiting = 0
    await vi.waitFor(() => expect(queue.hints).toHaveLength(100), { timeout: 5_000 })
    expect(new Set(queue.domains()).size).toBe(100)
  })

  it('does not repeat a hint that was not confirmed before its time', async () => {
    const queue = aQueue()
    queue.confirming = false
    const scheduler = await aScheduler(queue.queue)
    await leads(scheduler)
    const first = await dueDomain()
    await published(queue, [first])
    queue.confirming = true
    await published(queue, [first, await dueDomain()])
    expect(scheduler.log.warn).toHaveBeenCalledExactlyOnceWith(
      { unconfirmed: 1 },
      'hints not confirmed, they are repeated later',
    )
  })

  it('works in one process only, and in another when that one stops', async () => {
    const [here, there] = [aQueue(), aQueue()]
    const first = await aScheduler(here.queue)
    await leads(first)
    const second = await aScheduler(there.queue)
    const early = await dueDomain()
    await published(here, [early])
    await first.stop()
    await leads(second)
    await published(there, [await dueDomain()])
    expect(here.domains()).toEqual([early.id])
  })

  it('goes on after every connection to the database was cut', async () => {
    const queue = aQueue()
    const scheduler = await aScheduler(queue.queue)
    await leads(scheduler)
    await asSuperuser(`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`)
    const domain = await dueDomain().catch(() => dueDomain())
    await published(queue, [domain])
    expect(scheduler.isLeading()).toBe(true)
  })

  it('copies dead letters, and lets go of each only once it is stored', async () => {
    const queue = aQueue()
    const scheduler = await aScheduler(queue.queue)
    await vi.waitFor(() => expect(queue.deadLetters).not.toBeNull(), { timeout: 5_000 })
    await queue.deadLetters?.({
      queue: 'mooring.v1.normal',
      code: 'MESSAGE_NOT_JSON',
      detail: 'd',
      excerpt: '{',
      bytes: 1,
    })
    const { data } = await createDeadLetters(database()).list({ limit: 10, cursor: null })
    expect(data).toMatchObject([{ code: 'MESSAGE_NOT_JSON' }])
    await scheduler.stop()
    expect(queue.deadLetters).toBeNull()
  })

  it('tells failures to the chat and to the log, and tries again when the chat is away', async () => {
    const received: unknown[] = []
    const server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      received.push(JSON.parse(body))
      response.writeHead(received.length === 1 ? 503 : 200).end()
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`

    const scheduler = await aScheduler(aQueue().queue, { senders: [createSlackWebhook({ url })] })
    const because = reason('CA_REJECTED', 'The CA said no.')
    await database()
      .kysely.insertInto('notice_outbox')
      .values(
        ['a', 'b', 'c'].map((name) => ({
          group_key: because.code,
          domain_id: `dom_${name}`,
          hostname: `${name}.example.com`,
          reason: JSON.stringify(because),
        })),
      )
      .execute()
    await vi.waitFor(() => expect(received).toHaveLength(1), { timeout: 5_000 })
    expect(scheduler.log.warn).toHaveBeenCalledExactlyOnceWith(
      {
        kind: 'first',
        code: 'CA_REJECTED',
        group: 'CA_REJECTED',
        count: 1,
        domainId: 'dom_a',
        hostname: 'a.example.com',
      },
      'domains in trouble',
    )
    await soon(() => expect(scheduler.log.info).toHaveBeenCalledWith(expect.anything(), 'delivery put off'))
    await database()
      .kysely.updateTable('deliveries')
      .set({ next_run_at: new Date(0) })
      .execute()
    await vi.waitFor(() => expect(received).toHaveLength(2), { timeout: 10_000 })
    expect(received[1]).toEqual({ text: expect.stringMatching(/^a\.example\.com: CA_REJECTED\./) })
    await soon(async () => {
      const rows = await database().kysely.selectFrom('deliveries').select('delivered_at').execute()
      expect(rows).toEqual([{ delivered_at: expect.any(Date) }])
    })
  })
})
