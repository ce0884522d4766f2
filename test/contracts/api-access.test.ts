import { beforeEach, describe, expect, it } from 'vitest'
import { aKey } from '../builders/api-keys.ts'
import { ACCESS, apiUnderTest } from '../builders/api-under-test.ts'
import { accessTo } from '@mooring/api'
import { usePostgres } from '../services/test-database.ts'

const { database, asSuperuser } = usePostgres()
let api: ReturnType<typeof apiUnderTest>
beforeEach(() => {
  api = apiUnderTest(database())
})

const launch = (hostname: string, fields: Record<string, unknown> = {}, key?: string) =>
  api.call('POST', '/v1/domains', {
    body: { hostname, target: { type: 'none' }, ...fields },
    ...(key === undefined ? {} : { key }),
  })

describe('an API key', () => {
  it('is shown once, listed without its secret, and stored as a hash', async () => {
    const { status, json, headers } = await api.call('POST', '/v1/keys', { body: { name: 'ci', role: 'operator' } })
    expect([status, headers['location'], headers['cache-control']]).toEqual([201, `/v1/keys/${json.id}`, 'no-store'])
    expect(json).toMatchObject({ name: 'ci', role: 'operator', tenant: null, created_by: 'bootstrap key' })
    const listed = await api.call('GET', '/v1/keys')
    const { key: _key, ...shown } = json
    expect(listed.json).toEqual({ data: [shown], next_cursor: null })
    const { rows } = await database().pool.query('select * from api_keys')
    expect(JSON.stringify(rows)).not.toContain(json.key)
  })

  it('lets in, by Bearer and by Basic, and is seen to be used', async () => {
    const { id, key } = await aKey(api.call, { role: 'viewer' })
    const { status, json } = await api.call('GET', '/v1/session', { key })
    expect([status, json.principal]).toEqual([
      200,
      { kind: 'key', id, name: 'viewer key', role: 'viewer', tenant: null },
    ])
    const authorization = `Basic ${Buffer.from(`anybody:${key}`).toString('base64')}`
    expect((await api.call('GET', '/v1/domains', { key: null, headers: { authorization } })).status).toBe(200)
    const listed = await api.call('GET', '/v1/keys')
    expect(listed.json.data[0].last_used_at).toMatch(/^\d{4}-/)
  })

  it('is good for nothing at once when it is revoked, also in a session that it began', async () => {
    const { id, key } = await aKey(api.call, { role: 'viewer' })
    const { headers } = await api.call('POST', '/v1/session', { key: null, body: { key } })
    const cookie = String(headers['set-cookie']).split(';')[0] as string
    const withCookie = () => api.call('GET', '/v1/domains', { key: null, headers: { cookie } })
    expect((await withCookie()).status).toBe(200)
    expect((await api.call('DELETE', `/v1/keys/${id}`)).status).toBe(204)
    expect((await api.call('GET', '/v1/domains', { key })).status).toBe(401)
    expect((await withCookie()).status).toBe(401)
    expect((await api.call('DELETE', `/v1/keys/${id}`)).status).toBe(204)
    expect((await api.call('DELETE', '/v1/keys/key_nothing')).status).toBe(404)
  })

  it('ends with its time, and none is made for a time that is over', async () => {
    const { key } = await aKey(api.call, { role: 'viewer', expires_at: '2999-01-01T00:00:00Z' })
    expect((await api.call('GET', '/v1/domains', { key })).status).toBe(200)
    await database().pool.query(`update api_keys set expires_at = now() - interval '1 second'`)
    expect((await api.call('GET', '/v1/domains', { key })).status).toBe(401)
    const late = await api.call('POST', '/v1/keys', {
      body: { name: 'late', role: 'viewer', expires_at: '2020-01-01T00:00:00Z' },
    })
    expect([late.status, late.json.errors[0].path]).toEqual([422, 'expires_at'])
  })

  it('that is mistyped is told from one that is not known', async () => {
    const { id, key } = await aKey(api.call, { role: 'viewer' })
    const mistyped = await api.call('GET', '/v1/domains', {
      key: `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`,
    })
    expect([mistyped.status, mistyped.json.detail]).toEqual([401, expect.stringContaining('mistyped')])
    await database().pool.query('delete from api_keys where id = $1', [id])
    const unknown = await api.call('GET', '/v1/domains', { key })
    expect([unknown.status, unknown.json.detail]).toEqual([401, expect.stringContaining('not known')])
  })

  it('counts its own idempotency keys', async () => {
    const [one, two] = [await aKey(api.call, { role: 'operator' }), await aKey(api.call, { role: 'operator' })]
    const post = (key: string, hostname: string) =>
      api.call('POST', '/v1/domains', {
        key,
        body: { hostname, target: { type: 'none' } },
        headers: { 'idempotency-key': 'same' },
      })
    expect((await post(one.key, 'a.example.com')).status).toBe(202)
    expect((await post(two.key, 'b.example.com')).json.hostname).toBe('b.example.com')
  })

  it('may ask so many times a minute, and then is told when to come back; others go on', async () => {
    const few = apiUnderTest(database(), { access: accessTo(database(), { ...ACCESS, requestsPerMinute: 3 }) })
    const { key } = await aKey(api.call, { role: 'viewer' })
    const statuses = []
    for (let n = 0; n < 4; n += 1) statuses.push((await few.call('GET', '/v1/domains', { key })).status)
    expect(statuses).toEqual([200, 200, 200, 429])
    const { json, headers } = await few.call('GET', '/v1/domains', { key })
    expect([json.code, Number(headers['retry-after']) > 0]).toEqual(['RATE_LIMITED', true])
    expect((await few.call('GET', '/v1/domains')).status).toBe(200)
  })

  it('is let in from an address that has failed too often, while what is wrong is told to wait', async () => {
    for (let n = 0; n < 60; n += 1) await api.call('GET', '/v1/domains', { key: 'wrong' })
    const { status, json, headers } = await api.call('GET', '/v1/domains', { key: 'wrong' })
    expect([status, json.code, Number(headers['retry-after']) > 0]).toEqual([429, 'RATE_LIMITED', true])
    expect((await api.call('GET', '/v1/domains')).status).toBe(200)
  })
})

interface Route {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT'
  path: string
}

/** Under a key of people and programs; an edge's token and a browser's sign-in are asked for elsewhere. */
async function allRoutes(): Promise<Route[]> {
  const { json } = await api.call('GET', '/openapi.json', { key: null })
  const routes = Object.entries<Record<string, unknown>>(json.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => ({ method: method.toUpperCase() as Route['method'], path })),
  )
  return routes.filter(
    ({ path }) => path.startsWith('/v1/') && path !== '/v1/session' && !path.startsWith('/v1/edges/self/'),
  )
}

/** What a key sees of a route when nothing but its role is wrong; a body that is not valid is judged later. */
async function refusedRoutes(key: string, routes: Route[]): Promise<string[]> {
  const refused = []
  for (const { method, path } of routes) {
    const url = path.replaceAll(/\{[^}]+\}/g, 'x')
    const { json } = await api.call(method, url, { key, ...(method === 'GET' ? {} : { body: {} }) })
    if (json?.code === 'FORBIDDEN') refused.push(`${method} ${path}`)
  }
  return refused
}

const namesOf = (routes: Route[]) => routes.map(({ method, path }) => `${method} ${path}`)

describe('roles, over every route of the OpenAPI document', () => {
  it('let a viewer change nothing, and each try is on record', async () => {
    const { id, key } = await aKey(api.call, { role: 'viewer' })
    const changing = (await allRoutes()).filter(({ method }) => method !== 'GET')
    expect(changing.length).toBeGreaterThan(20)
    expect(await refusedRoutes(key, changing)).toEqual(namesOf(changing))
    const rows = async () => (await api.call('GET', `/v1/audit?actor=${id}&limit=200`)).json.data
    await expect.poll(rows).toHaveLength(changing.length)
    expect(new Set((await rows()).map(({ outcome }: { outcome: string }) => outcome))).toEqual(new Set(['refused']))
  })

  it('keep keys, users, zones and the enrolment of edges to admins', async () => {
    const { key } = await aKey(api.call, { role: 'operator' })
    const isOfOps = (path: string) => /\/(quarantine|release)$/.test(path)
    const edges = (await allRoutes()).filter(({ path }) => path.startsWith('/v1/edges'))
    const ofOps = edges.filter(({ path }) => isOfOps(path))
    expect([ofOps.length, await refusedRoutes(key, ofOps)]).toEqual([2, []])
    const routes = (await allRoutes()).filter(
      ({ method, path }) =>
        /^\/v1\/(keys|users)/.test(path) ||
        (method !== 'GET' && /^\/v1\/(edges|dns-zones|services)/.test(path) && !isOfOps(path)),
    )
    expect(routes.length).toBeGreaterThan(8)
    expect(await refusedRoutes(key, routes)).toEqual(namesOf(routes))
    expect((await launch('shop.example.com', {}, key)).status).toBe(202)
  })

  it('keep what belongs to the platform from a tenant’s key, whatever its role', async () => {
    const { key } = await aKey(api.call, { role: 'admin', tenant: 'acme' })
    const open = /^\/v1\/(domains|jobs|certificates|limits|events|webhooks|audit)/
    const fleet = (await allRoutes()).filter(({ path }) => !open.test(path))
    expect(fleet.length).toBeGreaterThan(12)
    expect(await refusedRoutes(key, fleet)).toEqual(namesOf(fleet))
  })
})

describe('a tenant’s key', () => {
  let acme: string
  let globex: string
  beforeEach(async () => {
    acme = (await aKey(api.call, { role: 'operator', tenant: 'acme' })).key
    globex = (await aKey(api.call, { role: 'operator', tenant: 'globex' })).key
  })

  it('launches for its own tenant without saying so, and for no other', async () => {
    const own = await launch('shop.example.com', {}, acme)
    expect([own.status, own.json.tenant]).toEqual([202, 'acme'])
    expect((await launch('other.example.com', { tenant: 'acme' }, acme)).status).toBe(202)
    const foreign = await launch('third.example.com', { tenant: 'globex' }, acme)
    expect([foreign.status, foreign.json.code]).toEqual([403, 'FORBIDDEN'])
    const { json } = await api.call('GET', '/v1/domains')
    expect(json.data.map(({ tenant }: { tenant: string }) => tenant)).toEqual(['acme', 'acme'])
    const planned = await api.call('POST', '/v1/domains?dry_run=true', {
      key: acme,
      body: { hostname: 'fourth.example.com', target: { type: 'none' } },
    })
    expect([planned.status, planned.json.tenant]).toEqual([200, 'acme'])
  })

  it('claims a hostname that another tenant has, and sees its own claim by the name', async () => {
    const theirs = await launch('shop.example.com', {}, globex)
    expect((await api.call('GET', '/v1/domains/shop.example.com', { key: acme })).status).toBe(404)
    const own = await launch('shop.example.com', {}, acme)
    expect(own.status).toBe(202)
    const seen = async (key: string) => (await api.call('GET', '/v1/domains/shop.example.com', { key })).json.id
    expect([await seen(acme), await seen(globex)]).toEqual([own.json.id, theirs.json.id])
    expect((await launch('shop.example.com', {}, acme)).json).toMatchObject({
      code: 'HOSTNAME_EXISTS',
      id: own.json.id,
    })
  })

  it('finds nothing of another tenant, by id, by name, or in any list', async () => {
    const { json: theirs } = await launch('shop.example.com', {}, globex)
    const routes = (await allRoutes()).filter(({ path }) => /^\/v1\/domains\/\{id\}(\/[a-z-]+)?$/.test(path))
    expect(routes.length).toBeGreaterThan(12)
    const bodies: Record<string, unknown> = {
      '/v1/domains/{id}/consents': { tenant: 'acme' },
      '/v1/domains/{id}': { metadata: { stolen: true } },
    }
    for (const { method, path } of routes.filter((route) => !route.path.endsWith('/certificate'))) {
      const url = path.replace('{id}', theirs.id)
      const body = method === 'GET' || method === 'DELETE' ? {} : { body: bodies[path] }
      const { status } = await api.call(method, url, { key: acme, ...body })
      expect([path, status]).toEqual([path, 404])
    }
    for (const list of [
      '/v1/domains',
      '/v1/domains?tenant=globex',
      '/v1/domains?q=shop',
      '/v1/jobs',
      '/v1/certificates',
    ]) {
      expect([list, (await api.call('GET', list, { key: acme })).json.data]).toEqual([list, []])
    }
    expect((await api.call('GET', '/v1/jobs', { key: acme })).json.counts).toMatchObject({ due: 0, waiting: 0 })
    expect((await api.call('GET', '/v1/jobs', { key: globex })).json.counts).toMatchObject({ due: 1 })
    expect((await api.call('GET', `/v1/domains/${theirs.id}`)).json.metadata).toEqual({})
  })

  it('works on a domain of its own as the platform does, also with an Idempotency-Key', async () => {
    const { json } = await launch('shop.example.com', {}, acme)
    const act = (action: string, body?: unknown) =>
      api.call('POST', `/v1/domains/${json.id}/${action}`, {
        key: acme,
        headers: { 'idempotency-key': action },
        ...(body === undefined ? {} : { body }),
      })
    expect((await act('check')).status).toBe(202)
    expect((await act('check')).headers['idempotency-replayed']).toBe('true')
    expect((await act('rotate-token')).status).toBe(202)
    await database().pool.query('update domains set holds = true where id = $1', [json.id])
    expect((await act('consents', { tenant: 'globex' })).json.consents).toEqual(['globex'])
    const changed = await api.call('PATCH', `/v1/domains/${json.id}`, {
      key: acme,
      body: { metadata: { plan: 'pro' } },
    })
    expect([changed.status, changed.json.metadata]).toEqual([202, { plan: 'pro' }])
    expect((await api.call('DELETE', `/v1/domains/${json.id}`, { key: acme })).status).toBe(202)
    const events = await api.call('GET', `/v1/domains/${json.id}/events`, { key: acme })
    expect(events.json.data.map(({ type }: { type: string }) => type)).toContain('domain.deprovisioning')
  })

  it('reads the limits without the names of others', async () => {
    await database().pool.query(
      `insert into ca_budgets (ca, bucket, key, reserved)
       values ('test', 'exact_set', 'secret.example.com', 1), ('test', 'new_orders', 'main', 1)`,
    )
    const { call } = apiUnderTest(database(), { limits: [{ ca: 'test', accounts: ['main'], limits: {} }] })
    expect((await call('GET', '/v1/limits')).text).toContain('secret.example.com')
    const { status, text } = await call('GET', '/v1/limits', { key: acme })
    expect([status, text.includes('secret.example.com')]).toEqual([200, false])
  })

  it('is refused by an API whose database role passes over row-level security', async () => {
    const { openAccess } = await import('@mooring/api')
    const open = () => openAccess(database(), { ...ACCESS, firstAdmin: null }, api.dependencies.log)
    await open()
    await asSuperuser('alter role mooring_tenant bypassrls')
    try {
      await expect(open()).rejects.toThrow('mooring_tenant passes over row-level security')
    } finally {
      await asSuperuser('alter role mooring_tenant nobypassrls')
    }
  })
})
