import { startApi } from '@mooring/api'
import { newCertificateId, parseRouteUpdate } from '@mooring/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ADMIN_KEY, apiDependencies } from '../builders/api-under-test.ts'
import { storeDomain } from '../builders/stored-domain.ts'
import { usePostgres } from '../services/test-database.ts'
import { soon } from '../services/soon.ts'

const { database } = usePostgres()
let api: Awaited<ReturnType<typeof start>>
beforeEach(async () => {
  api = await start()
})
afterEach(() => api.stop())

async function start(longPollMs = 30_000) {
  const listeners = new Set<(pool: string) => void>()
  await database().listen('mooring_routes', (pool) => listeners.forEach((listener) => listener(pool)))
  const parts = apiDependencies(database(), {
    onRoutesChanged: (listener) => listeners.add(listener),
    settings: { longPollMs },
  })
  return { ...parts, ...(await startApi({ ...parts.dependencies, host: '127.0.0.1', port: 0 })) }
}

async function ask(path: string, token: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const answer = await fetch(`${api.url}${path}`, { ...init, headers })
  const text = await answer.text()
  return { status: answer.status, json: text === '' ? null : JSON.parse(text) }
}
const enrol = async (name: string, pool = 'default') =>
  (await ask('/v1/edges', ADMIN_KEY, { method: 'POST', body: JSON.stringify({ name, pool }) })).json
const poll = (token: string, since = 0, wait = 25) => ask(`/v1/edges/self/routes?since=${since}&wait=${wait}`, token)
const report = (token: string, body: unknown) =>
  ask('/v1/edges/self/report', token, { method: 'POST', body: JSON.stringify(body) })

const PEM = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`

/** Publishes a route of a new domain as a worker does: a new generation of the pool, told to whoever listens. */
async function publishRoute({ pool = 'default', keyOf = '', variant = 'https' } = {}) {
  const { pool: sql } = database()
  const { domain } = await storeDomain(database(), {
    edgePool: pool,
    state: 'provisioning_cert',
    step: 'confirm_route',
    nextRunAt: new Date(Date.now() + 60_000),
  })
  const certificateId = newCertificateId()
  const binding = { ownerId: keyOf || domain.id, secretId: certificateId }
  const sealed = api.dependencies.custody.seal(PEM('PRIVATE KEY'), binding)
  await sql.query(
    `insert into certificates (id, domain_id, issuer, status, sealed_key, csr, chain_pem, serial)
     values ($1, $2, 'local', 'issued', $3, '', $4, '0A1B')`,
    [certificateId, domain.id, JSON.stringify(sealed), PEM('CERTIFICATE')],
  )
  const { rows } = await sql.query(
    `with pool as (update edge_pools set generation = generation + 1 where name = $1 returning name, generation),
     route as (
       insert into routes (domain_id, hostname, edge_pool, generation, variant, target, certificate_id)
       select $2, $3, name, generation, $4, $5, $6 from pool
     ), pointed as (
       update domains set route_generation = generation, lease_until = null from pool where id = $2
     )
     select generation, pg_notify('mooring_routes', name) from pool`,
    [
      pool,
      domain.id,
      domain.hostname,
      variant,
      JSON.stringify(domain.target),
      variant === 'https' ? certificateId : null,
    ],
  )
  return { id: domain.id, generation: rows[0].generation as number }
}

/** Resolves once an edge's poll waits for a change. */
const aWaitingPoll = async (name: string) =>
  soon(async () => {
    const { rows } = await database().pool.query('select last_seen_at from edges where name = $1', [name])
    expect(rows[0]?.last_seen_at).not.toBeNull()
  })

describe('edges', () => {
  it('are enrolled, listed and forgotten', async () => {
    const edge = await enrol('edge-a')
    expect(edge).toEqual({ id: expect.any(String), name: 'edge-a', pool: 'default', token: expect.any(String) })
    const { json } = await ask('/v1/edges', ADMIN_KEY)
    expect(json.data).toEqual([expect.objectContaining({ id: edge.id, live: false, last_seen_at: null })])
    expect(JSON.stringify(json)).not.toContain(edge.token)
    expect((await ask(`/v1/edges/${edge.id}`, ADMIN_KEY, { method: 'DELETE', body: '{}' })).status).toBe(204)
    expect((await ask(`/v1/edges/${edge.id}`, ADMIN_KEY, { method: 'DELETE', body: '{}' })).status).toBe(404)
    expect((await poll(edge.token)).status).toBe(401)
  })

  it('get a new token by the same name, and the old one stops working', async () => {
    const [old, fresh] = [await enrol('edge-a'), await enrol('edge-a')]
    expect(fresh.id).toBe(old.id)
    expect([(await poll(old.token, 0, 0)).status, (await poll(fresh.token, 0, 0)).status]).toEqual([401, 200])
  })

  it('may use their own feed only, and the admin key may not use that', async () => {
    const { token } = await enrol('edge-a')
    expect((await ask('/v1/domains', token)).status).toBe(403)
    expect((await poll(ADMIN_KEY)).status).toBe(403)
    expect((await poll('wrong')).status).toBe(401)
  })
})

describe('the long poll', () => {
  it('answers at once with what is newer, its keys opened', async () => {
    const { token } = await enrol('edge-a')
    const route = await publishRoute()
    const { status, json } = await poll(token)
    expect(status).toBe(200)
    const update = parseRouteUpdate(json)
    expect(update).toMatchObject({
      ok: true,
      value: {
        malformed: [],
        update: {
          generation: route.generation,
          routes: [{ domainId: route.id, variant: 'https', certificate: { keyPem: PEM('PRIVATE KEY') } }],
        },
      },
    })
  })

  it('answers when a route of its pool changes while it waits', async () => {
    const { token } = await enrol('edge-a')
    const waiting = poll(token)
    await aWaitingPoll('edge-a')
    const route = await publishRoute({ variant: 'http' })
    const { json } = await waiting
    expect(json.routes).toEqual([expect.objectContaining({ domain_id: route.id, certificate: null })])
  })

  it('reaches the edge within milliseconds of the notification', async () => {
    const { token } = await enrol('edge-a')
    const spans: number[] = []
    let since = 0
    for (let i = 0; i < 10; i += 1) {
      await poll(token, since, 0)
      const waiting = poll(token, since)
      const { generation } = await publishRoute({ variant: 'http' })
      const published = performance.now()
      await waiting
      spans.push(performance.now() - published)
      since = generation
    }
    // Generous for a busy machine; without the notification it would be the whole wait.
    expect(Math.min(...spans)).toBeLessThan(50)
  })

  it('sleeps through changes of other pools, and ends empty with the same generation', async () => {
    await api.stop()
    api = await start(300)
    const { token } = await enrol('edge-a')
    await enrol('edge-b', 'other')
    const waiting = poll(token, 0)
    await publishRoute({ pool: 'other' })
    expect(await waiting).toEqual({ status: 200, json: { generation: 0, routes: [], services: [] } })
  })

  it('sends a route whose key does not open without it, so that the edge refuses that one only', async () => {
    const { token } = await enrol('edge-a')
    const bad = await publishRoute({ keyOf: 'dom_somebody_else' })
    const good = await publishRoute()
    const { json } = await poll(token)
    expect(json.routes).toEqual([
      expect.objectContaining({ domain_id: bad.id, variant: 'https', certificate: null }),
      expect.objectContaining({ domain_id: good.id, certificate: expect.objectContaining({ serial: '0A1B' }) }),
    ])
  })

  it('is answered when the API stops', async () => {
    const { token } = await enrol('edge-a')
    const waiting = poll(token)
    await aWaitingPoll('edge-a')
    await api.stop()
    expect(await waiting).toEqual({ status: 200, json: { generation: 0, routes: [], services: [] } })
  })

  it('holds nothing for an edge that hung up', async () => {
    const { token } = await enrol('edge-a')
    const gone = new AbortController()
    const waiting = ask('/v1/edges/self/routes', token, { signal: gone.signal })
    await aWaitingPoll('edge-a')
    gone.abort()
    await expect(waiting).rejects.toThrow()
    const stopped = performance.now()
    await api.stop()
    expect(performance.now() - stopped).toBeLessThan(4_000)
  })

  it.each(['since=-1', 'since=x', 'since=9007199254740993', 'wait=31', 'colour=blue'])('refuses %s', async (query) => {
    const { token } = await enrol('edge-a')
    expect((await ask(`/v1/edges/self/routes?${query}`, token)).status).toBe(422)
  })
})

describe('a report', () => {
  it('wakes the domains that waited for it, and tells the workers', async () => {
    const { token } = await enrol('edge-a')
    const route = await publishRoute()
    const answer = await report(token, { generation: route.generation, rejected: [], server: 'nginx/1.22.1' })
    expect(answer.status).toBe(204)
    await soon(() => expect(api.published.map(({ domainId }) => domainId)).toEqual([route.id]))
    const { json } = await ask(`/v1/domains/${route.id}`, ADMIN_KEY)
    expect(json.edges).toMatchObject({ generation: route.generation, proved: 1, live: 1, pending: [], silent: [] })
  })

  it('names what the edge refused', async () => {
    const { token } = await enrol('edge-a')
    const { id, generation } = await publishRoute()
    const rejected = [{ domain_id: id, generation, detail: 'unknown directive' }]
    await report(token, { generation, rejected, server: 'nginx/1.22.1' })
    const { json } = await ask(`/v1/domains/${id}`, ADMIN_KEY)
    expect(json.edges.rejected).toEqual([{ edge: 'edge-a', detail: 'unknown directive' }])
  })

  it('that is not well-formed is told every fault', async () => {
    const { token } = await enrol('edge-a')
    const { status, json } = await report(token, { generation: -1, rejected: [{}], server: '\n', more: 1 })
    expect(status).toBe(422)
    expect(json.errors.map(({ path }: { path: string }) => path)).toEqual([
      'generation',
      'rejected.0.domain_id',
      'rejected.0.generation',
      'rejected.0.detail',
      'server',
      'more',
    ])
  })
})
