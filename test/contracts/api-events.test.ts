import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { startApi, type RunningApi } from '@mooring/api'
import { makeApiKey } from '@mooring/core'
import { createApiKeyStore } from '@mooring/postgres'
import type { Meter } from '@mooring/runtime'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ADMIN_KEY, apiDependencies } from '../builders/api-under-test.ts'
import { storeDomain } from '../builders/stored-domain.ts'
import { usePostgres } from '../services/test-database.ts'
import { soon } from '../services/soon.ts'

const { database } = usePostgres()
let api: RunningApi
let meter: Meter
/** How many streams were cut so far. */
let cuts: () => number
const requests: ClientRequest[] = []
beforeEach(async () => {
  const { dependencies } = apiDependencies(database())
  meter = dependencies.meter
  const { mock } = vi.spyOn(dependencies.log, 'info')
  cuts = () => mock.calls.filter(([, message]) => message?.includes('was cut')).length
  api = await startApi({ ...dependencies, host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  for (const request of requests.splice(0)) request.destroy()
  await api.stop()
})

const LONG = 'x'.repeat(50_000)

interface Told {
  event: string
  id: string
  data: Record<string, unknown>
}

/** Opens a stream, and keeps what comes, as a browser reads it. */
async function listen(query = '', { key = ADMIN_KEY, from }: { key?: string; from?: string } = {}) {
  const headers = { authorization: `Bearer ${key}`, ...(from === undefined ? {} : { 'last-event-id': from }) }
  const request = requestHttp(`${api.url}/v1/events${query}`, { headers })
  requests.push(request)
  request.on('error', () => {})
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => (text += chunk))
  response.on('error', () => {})
  const blocks = () => text.split('\n\n').slice(0, -1)
  const told = (): Told[] =>
    blocks().flatMap((block) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
      const [event, data] = [field('event'), field('data')]
      return event === undefined || data === undefined ? [] : [{ event, id: field('id') ?? '', data: JSON.parse(data) }]
    })
  const lastId = () => [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] as string
  if (response.statusCode === 200) await soon(() => expect(lastId()).toBeDefined())
  return { request, response, told, lastId, types: () => told().map(({ event }) => event), text: () => text }
}
type Listening = Awaited<ReturnType<typeof listen>>
const hears = (stream: Listening, types: string[]) =>
  vi.waitFor(() => expect(stream.types()).toEqual(types), { timeout: 10_000, interval: 50 })

const aDomain = async (tenant = 'default') =>
  (await storeDomain(database(), { tenant, state: 'active', step: 'reverify' })).domain
const write = (domainId: string, ...types: string[]) =>
  database().pool.query(
    `insert into events (domain_id, type, actor, data) select $1, type, 'mooring', '{"n": 1}' from unnest($2::text[]) as type`,
    [domainId, types],
  )
async function aTenantsKey(tenant: string): Promise<{ key: string; id: string }> {
  const { id, hash, key } = makeApiKey()
  const made = { id, hash, name: tenant, role: 'viewer' as const, tenant, createdBy: 'a test', expiresAt: null }
  await createApiKeyStore(database()).create(made)
  return { key, id }
}

describe('GET /v1/events', () => {
  it('tells of what happens from now on', async () => {
    const domain = await aDomain('acme')
    await write(domain.id, 'domain.created')
    const stream = await listen()
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
      'x-request-id': expect.any(String),
    })
    await write(domain.id, 'certificate.issued', 'domain.check_requested')
    await hears(stream, ['domain.certificate_issued', 'domain.check_requested'])
    const [first] = stream.told()
    expect(first?.data).toEqual({
      id: expect.stringMatching(/^\d+$/),
      at: expect.stringMatching(/Z$/),
      type: 'domain.certificate_issued',
      actor: 'mooring',
      domain_id: domain.id,
      hostname: domain.hostname,
      tenant: 'acme',
      state: 'active',
      data: { n: 1 },
    })
    expect(first?.id).toMatch(/^\d+-\d+$/)
  })

  it('hears of one tenant, one domain or some types, if asked', async () => {
    const [ours, theirs] = [await aDomain('acme'), await aDomain('other')]
    const [tenant, domain, hostname, types] = [
      await listen('?tenant=acme'),
      await listen(`?domain=${theirs.id}`),
      await listen(`?domain=${ours.hostname.toUpperCase()}`),
      await listen('?type=domain.active&type=domain.failed'),
    ]
    await write(ours.id, 'domain.active', 'domain.verified')
    await write(theirs.id, 'domain.failed')
    await hears(types, ['domain.active', 'domain.failed'])
    await hears(tenant, ['domain.active', 'domain.verified'])
    await hears(hostname, ['domain.active', 'domain.verified'])
    await hears(domain, ['domain.failed'])
  })

  it('tells a tenant’s key of its own domains, whatever it asks for', async () => {
    const [ours, theirs] = [await aDomain('acme'), await aDomain('other')]
    const { key } = await aTenantsKey('acme')
    const [all, foreign] = [await listen('', { key }), await listen(`?domain=${theirs.id}`, { key })]
    const everything = await listen()
    expect((await listen('?tenant=other', { key })).response.statusCode).toBe(403)
    await write(theirs.id, 'domain.active')
    await write(ours.id, 'domain.verified')
    await hears(everything, ['domain.active', 'domain.verified'])
    await hears(all, ['domain.verified'])
    expect(foreign.types()).toEqual([])
    const resumed = await listen('', { key, from: everything.told()[0]?.id as string })
    await hears(resumed, ['domain.verified'])
  })

  it('goes on where it was cut, with nothing missed and nothing twice', async () => {
    const domain = await aDomain()
    const stream = await listen()
    await write(domain.id, 'domain.created', 'domain.verified')
    await hears(stream, ['domain.created', 'domain.verified'])
    stream.request.destroy()
    const missed = Array.from({ length: 450 }, (_, n) => `n${n}`)
    await write(domain.id, ...missed)

    const again = await listen('', { from: stream.told()[0]?.id as string })
    await write(domain.id, 'domain.active')
    await hears(again, ['domain.verified', ...missed, 'domain.active'])
  })

  it('goes on from where it began, if nothing had come by then', async () => {
    const domain = await aDomain()
    const stream = await listen('?type=domain.active')
    stream.request.destroy()
    await write(domain.id, 'domain.active')
    await hears(await listen('', { from: stream.lastId() }), ['domain.active'])
  })

  it('joins what is live while others write, without a gap', async () => {
    const domain = await aDomain()
    const first = await listen()
    const begun = first.lastId()
    const types = Array.from({ length: 60 }, (_, n) => `n${n}`)
    const streams = [first]
    for (const type of types) {
      await write(domain.id, type)
      if (Number(type.slice(1)) % 10 === 5) streams.push(await listen('', { from: begun }))
    }
    for (const stream of streams) await hears(stream, types)
  })

  it('says that events were missed when it was away for too long', async () => {
    const domain = await aDomain()
    const { lastId } = await listen()
    await database().pool.query(
      `insert into events (domain_id, type, actor) select $1, 'n', 'api' from generate_series(1, 10001)`,
      [domain.id],
    )
    await soon(async () => {
      const end = await apiDependencies(database()).dependencies.events.isResumable({ tx: 1, id: 0 }, 10_000)
      expect(end, 'all of them are there').toBe(false)
    })
    const late = await listen('', { from: lastId() })
    await hears(late, ['reset'])
    await write(domain.id, 'domain.active')
    await hears(late, ['reset', 'domain.active'])
    await hears(await listen('', { from: '99999999999-1' }), ['reset'])
  })

  it('refuses what is no id of it', async () => {
    for (const from of ['x', '1', '1-', '-1-1', '99999999999999999999-1']) {
      expect((await listen('', { from })).response.statusCode, from).toBe(422)
    }
  })

  it('needs a key', async () => {
    expect((await listen('', { key: 'nothing-of-the-kind' })).response.statusCode).toBe(401)
  })

  it('is counted as a request when it ends, and its hours as nobody’s waiting', async () => {
    await listen()
    await listen('', { key: 'nothing-of-the-kind' })
    await api.stop()
    const counted = 'mooring_http_requests_total{method="GET",route="/v1/events",status="200"} 1'
    await soon(async () => expect(await meter.text()).toContain(counted))
    // Of the one that was refused.
    expect(await meter.text()).toContain('mooring_http_request_seconds_count{route="/v1/events"} 1')
  })

  it('ends with the process, at once', async () => {
    const streams = [await listen(), await listen()]
    const ends = streams.map(({ response }) => once(response, 'end'))
    const before = performance.now()
    await api.stop()
    await Promise.all(ends)
    expect(performance.now() - before).toBeLessThan(3_000)
  })

  it('reads nothing while nobody listens', async () => {
    const stream = await listen()
    stream.request.destroy()
    const reads = vi.fn()
    await vi.waitFor(
      async () => {
        const { rows } = await database().pool.query(
          `select max(query_start) as at from pg_stat_activity
         where datname = current_database() and query like '%pg_snapshot_xmin%' and pid <> pg_backend_pid()`,
        )
        reads(rows[0].at?.getTime())
        const [now, before] = [reads.mock.lastCall?.[0], reads.mock.calls.at(-4)?.[0]]
        expect(reads.mock.calls.length).toBeGreaterThan(6)
        expect(now).toBe(before)
      },
      { timeout: 10_000, interval: 400 },
    )
  })

  it('cuts a stream that is not read, and no other', async () => {
    const domain = await aDomain()
    const [slow, quick] = [await listen(), await listen()]
    // Both go with the live stream by then: one that still catches up is given its time.
    for (const heard of [['n'], ['n', 'n']]) {
      await write(domain.id, 'n')
      await Promise.all([hears(slow, heard), hears(quick, heard)])
    }
    slow.response.pause()
    let written = 0
    // The system takes some megabytes for a reader before anything waits here: as many as it likes.
    while (cuts() === 0 && written < 200_000_000) {
      written += 100 * LONG.length
      await database().pool.query(
        `insert into events (domain_id, type, actor, data)
         select $1, 'n', 'api', $2::jsonb from generate_series(1, 100)`,
        [domain.id, JSON.stringify({ text: LONG })],
      )
      await vi.waitFor(() => expect(quick.text().length).toBeGreaterThan(written), { timeout: 20_000 })
    }
    expect(cuts()).toBe(1)
    const isOver = new Promise((resolve) => slow.response.once('close', resolve))
    slow.response.resume()
    await isOver
    expect(slow.text().length).toBeLessThan(written)
  })
})
