import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createKeyCustody, newWebhookId, newWebhookSecret, systemClock } from '@mooring/core'
import {
  createDeadLetters,
  createDeliveries,
  createDispatch,
  createHousekeeping,
  createNotices,
  createWebhookStore,
  createWorkers,
} from '@mooring/postgres'
import { createMemoryJobQueue } from '@mooring/queue'
import { createMeter } from '@mooring/runtime'
import { openWebhooks, type Scheduler, startScheduler } from '@mooring/scheduler'
import { Webhook } from 'standardwebhooks'
import { afterEach, expect, it } from 'vitest'
import { silentLog } from '../builders/silent-log.ts'
import { storeDomain } from '../builders/stored-domain.ts'
import { usePostgres } from '../services/test-database.ts'
import { soon } from '../services/soon.ts'

const { database, openAnother } = usePostgres()
const custody = createKeyCustody('0f'.repeat(32))
const PAGE = { limit: 100, cursor: null }
const schedulers: Scheduler[] = []
const servers: Server[] = []
afterEach(async () => {
  await Promise.all(schedulers.splice(0).map((scheduler) => scheduler.stop()))
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function aScheduler(at = database(), meter = createMeter()): Promise<Scheduler> {
  const queue = createMemoryJobQueue({ log: silentLog })
  const scheduler = await startScheduler({
    database: at,
    queue,
    dispatch: createDispatch(at, { hintSeconds: 30, tenantInFlight: 25 }),
    workers: createWorkers(at),
    notices: createNotices(at),
    deliveries: createDeliveries(at),
    senders: [],
    deadLetters: createDeadLetters(at),
    housekeeping: createHousekeeping(at),
    webhooks: openWebhooks({
      database: at,
      custody,
      edge: { hostname: 'edge.platform.example', addresses: [] },
      allow: ['127.0.0.0/8'],
      meter,
    }),
    clock: systemClock,
    log: silentLog,
    settings: { noticeWindowMs: 60_000, leadership: { candidacyMs: 200 } },
  })
  schedulers.push(scheduler)
  return scheduler
}

interface Received {
  id: string
  body: { type: string; data: { id: string; actor: string; domain: Record<string, unknown>; facts: object } }
}

/** A platform's endpoint, its webhook, and the messages that it took, each verified. */
async function aReceiver(answer: (response: ServerResponse, nth: number) => void = (response) => response.end()) {
  const id = newWebhookId()
  const secret = newWebhookSecret()
  const received: Received[] = []
  let asked = 0
  const server = createServer((request: IncomingMessage, response) => {
    let text = ''
    request.on('data', (chunk) => (text += chunk))
    request.on('end', () => {
      const body = new Webhook(secret).verify(text, request.headers as Record<string, string>)
      response.on('finish', () => {
        if (response.statusCode < 300) received.push({ id: String(request.headers['webhook-id']), body: body as never })
      })
      answer(response, ++asked)
    })
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`
  const sealedSecret = custody.seal(secret, { ownerId: id, secretId: 'webhook-secret' })
  const store = createWebhookStore(database())
  await store.create({ id, url, tenant: null, types: null, description: '', createdBy: 'a test', sealedSecret })
  return { id, received, asked: () => asked, types: () => received.map(({ body }) => body.type) }
}
const aDomain = async () =>
  (await storeDomain(database(), { state: 'active', step: 'reverify', nextRunAt: null })).domain
const write = (domainId: string, ...types: string[]) =>
  database().pool.query(
    `insert into events (domain_id, type, actor, data) select $1, type, 'mooring', '{"n": 1}' from unnest($2::text[]) as type`,
    [domainId, types],
  )

it('the platform is told of a domain in the order of its events, signed, with the domain as the API shows it', async () => {
  const platform = await aReceiver()
  await aScheduler()
  const domain = await aDomain()
  await write(domain.id, 'domain.created', 'domain.verifying', 'domain.verified', 'certificate.issued', 'domain.active')

  await soon(() => expect(platform.received).toHaveLength(4))
  expect(platform.types()).toEqual(['domain.created', 'domain.verified', 'domain.certificate_issued', 'domain.active'])
  expect(platform.received[0]?.body.data).toMatchObject({
    actor: 'mooring',
    domain: { id: domain.id, hostname: domain.hostname, state: 'active', dns: { records: expect.any(Array) } },
    facts: { n: 1 },
  })
})

it('a message that was refused is sent again under its id, and the ones after it come after it', async () => {
  const platform = await aReceiver((response, nth) => {
    response.statusCode = nth === 1 ? 500 : 204
    response.end()
  })
  const meter = createMeter()
  await aScheduler(database(), meter)
  const { id } = await aDomain()
  await write(id, 'domain.created', 'domain.active')

  await soon(() => expect(platform.types()).toEqual(['domain.created', 'domain.active']))
  const store = createWebhookStore(database())
  await soon(async () => expect((await store.deliveries(platform.id, { status: 'pending' }, PAGE)).data).toEqual([]))
  const { data } = await store.deliveries(platform.id, {}, PAGE)
  const created = data.find(({ type }) => type === 'domain.created')
  expect(created).toMatchObject({
    status: 'delivered',
    attempt: 2,
    tries: [
      { status: 500, error: 'answered 500' },
      { status: 204, error: null },
    ],
    requestHeaders: { 'webhook-id': created?.id, 'webhook-signature': expect.stringMatching(/^v1,/) },
  })
  const counted = await meter.text()
  expect(counted).toContain('mooring_webhook_deliveries_total{result="refused"} 1')
  expect(counted).toContain('mooring_webhook_deliveries_total{result="taken"} 2')
})

it('endpoints that hang hold up no other', async () => {
  const hanging = await Promise.all(Array.from({ length: 12 }, () => aReceiver(() => {})))
  const quick = await aReceiver()
  await aScheduler()
  for (let n = 0; n < 40; n++) await write((await aDomain()).id, 'domain.active')
  const before = performance.now()
  await soon(() => expect(quick.received).toHaveLength(40))
  expect(performance.now() - before, 'sooner than any of them has timed out').toBeLessThan(8_000)
  expect(hanging.every(({ asked }) => asked() === 1)).toBe(true)
})

it('a receiver that is gone is asked once, and never again', async () => {
  const gone = await aReceiver((response) => response.writeHead(410).end())
  const other = await aReceiver()
  await aScheduler()
  const { id } = await aDomain()
  await write(id, 'domain.created', 'domain.active')
  await soon(() => expect(other.received).toHaveLength(2))
  await soon(async () => {
    expect(await createWebhookStore(database()).find(gone.id)).toMatchObject({ disabledBecause: 'gone' })
  })
  await write(id, 'domain.suspended')
  await soon(() => expect(other.received).toHaveLength(3))
  expect(gone.asked()).toBe(1)
})

it('what a scheduler had in hand when it stopped is sent by the next one, with no try lost', async () => {
  const platform = await aReceiver((response, nth) => void (nth > 1 && response.end()))
  const first = await aScheduler()
  await write((await aDomain()).id, 'domain.active')
  await soon(() => expect(platform.asked()).toBe(1))
  const before = performance.now()
  await first.stop()
  expect(performance.now() - before).toBeLessThan(5_000)

  await aScheduler(openAnother())
  await soon(() => expect(platform.types()).toEqual(['domain.active']))
  await soon(async () => {
    const { data } = await createWebhookStore(database()).deliveries(platform.id, {}, PAGE)
    expect(data).toMatchObject([{ status: 'delivered', attempt: 1 }])
  })
})
