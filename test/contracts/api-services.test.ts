import { beforeEach, describe, expect, it } from 'vitest'
import { aKey } from '../builders/api-keys.ts'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
const SHOP_API = { servers: ['10.0.0.5:8080', 'web-2.internal:8080'] }
const TO_SHOP_API = { type: 'proxy', service: 'shop-api' }

let api: ReturnType<typeof apiUnderTest>
beforeEach(() => {
  api = apiUnderTest(database())
})

const put = (body: unknown, name = 'shop-api') => api.call('PUT', `/v1/services/${name}`, { body })
const codes = ({ errors }: { errors: { path: string; code: string }[] }) =>
  errors.map(({ path, code }) => `${path} ${code}`)
const launch = (fields: Record<string, unknown> = {}, key?: string) =>
  api.call('POST', '/v1/domains', {
    body: { hostname: 'shop.example.com', target: TO_SHOP_API, ...fields },
    ...(key === undefined ? {} : { key }),
  })

describe('a service', () => {
  it('is made, read, listed, changed and forgotten', async () => {
    const made = await put(SHOP_API)
    const shown = {
      name: 'shop-api',
      tenant: null,
      scheme: 'http',
      servers: ['10.0.0.5:8080', 'web-2.internal:8080'],
      tls_name: null,
      health: null,
      edges: { applied: 0, pending: [], silent: [] },
      created_at: expect.any(String),
      updated_at: expect.any(String),
    }
    expect([made.status, made.json]).toEqual([201, shown])
    expect((await api.call('GET', '/v1/services/shop-api')).json).toEqual(made.json)
    expect((await api.call('GET', '/v1/services')).json).toEqual({ data: [made.json], next_cursor: null })

    const again = await put(SHOP_API)
    expect([again.status, again.json]).toEqual([200, made.json])
    const changed = await put({
      servers: ['[fd00::1]:8443'],
      scheme: 'https',
      tls_name: 'Shop.internal',
      health: { path: '/healthz' },
      tenant: 'acme',
    })
    expect([changed.status, changed.json]).toMatchObject([
      200,
      {
        servers: ['[fd00::1]:8443'],
        scheme: 'https',
        tls_name: 'shop.internal',
        health: { path: '/healthz', interval_seconds: 10 },
        tenant: 'acme',
        created_at: made.json.created_at,
      },
    ])

    expect((await api.call('DELETE', '/v1/services/shop-api')).status).toBe(204)
    expect((await api.call('GET', '/v1/services/shop-api')).status).toBe(404)
    expect((await api.call('DELETE', '/v1/services/shop-api')).status).toBe(404)
  })

  it.each<[string, unknown, string[]]>([
    ['nothing', {}, ['servers REQUIRED']],
    ['no server', { servers: [] }, ['servers TOO_SMALL']],
    ['too many', { servers: Array.from({ length: 17 }, (_, n) => `10.0.0.${n}:80`) }, ['servers TOO_LARGE']],
    ['one twice', { servers: ['10.0.0.1:80', '10.0.0.1:80'] }, ['servers SERVER_TWICE']],
    ['one twice, spelled otherwise', { servers: ['[fd00::1]:80', '[FD00::1]:80'] }, ['servers SERVER_TWICE']],
    ['a URL', { servers: ['http://10.0.0.1:80'] }, ['servers.0 SERVER_SYNTAX']],
    ['no port', { servers: ['10.0.0.1'] }, ['servers.0 SERVER_SYNTAX']],
    ['port 0', { servers: ['10.0.0.1:0', 'a:70000'] }, ['servers.0 SERVER_PORT', 'servers.1 SERVER_PORT']],
    [
      'half an address',
      { servers: ['10.0.1:80', '0x7f000001:80'] },
      ['servers.0 SERVER_HOST', 'servers.1 SERVER_HOST'],
    ],
    [
      'an injection',
      { servers: ['a;b:80', 'a\n:80', '$host:80', 'a{:80'] },
      ['servers.0 SERVER_HOST', 'servers.1 SERVER_SYNTAX', 'servers.2 SERVER_HOST', 'servers.3 SERVER_HOST'],
    ],
    [
      'a cloud’s credentials',
      { servers: ['169.254.169.254:80', '[::ffff:169.254.169.254]:80', '168.63.129.16:80'] },
      [
        'servers.0 SERVER_ADDRESS_FORBIDDEN',
        'servers.1 SERVER_ADDRESS_FORBIDDEN',
        'servers.2 SERVER_ADDRESS_FORBIDDEN',
      ],
    ],
    [
      'addresses of nobody',
      { servers: ['0.0.0.0:80', '224.0.0.1:80', '[::]:80'] },
      [
        'servers.0 SERVER_ADDRESS_FORBIDDEN',
        'servers.1 SERVER_ADDRESS_FORBIDDEN',
        'servers.2 SERVER_ADDRESS_FORBIDDEN',
      ],
    ],
    ['https without a name', { servers: ['10.0.0.1:443'], scheme: 'https' }, ['tls_name TLS_NAME_MISSING']],
    ['a name without https', { ...SHOP_API, tls_name: 'a.internal' }, ['tls_name TLS_NAME_WITHOUT_TLS']],
    ['a path that is none', { ...SHOP_API, health: { path: 'healthz' } }, ['health.path INVALID']],
    ['a path with a line break', { ...SHOP_API, health: { path: '/a\r\nX: y' } }, ['health.path INVALID']],
    ['what is unknown', { ...SHOP_API, weight: 3 }, ['weight UNKNOWN_FIELD']],
  ])('with %s is refused, and nothing is stored', async (_, body, expected) => {
    const answer = await put(body)
    expect([answer.status, codes(answer.json)]).toEqual([422, expected])
    expect((await api.call('GET', '/v1/services')).json.data).toEqual([])
  })

  it.each(['Shop', 'a_b', '-a', 'a-', 'a.b', 'x'.repeat(64), '%24host'])('is not called %s', async (name) => {
    expect((await put(SHOP_API, name)).status).toBe(422)
  })

  it('is not the platform’s own edge', async () => {
    const edge = apiUnderTest(database()).dependencies.settings.rules.edge
    const own = [`${edge.hostname}:8080`, `a.${edge.hostname}:80`, ...edge.addresses.map((address) => `${address}:443`)]
    const answer = await put({ servers: own })
    expect(answer.status).toBe(422)
    expect(codes(answer.json)).toEqual(own.map((_, place) => `servers.${place} TARGET_LOOP`))
  })

  it('is not made another by whoever means to make a new one, also when two do at once', async () => {
    const makeNew = (server: string) =>
      api.call('PUT', '/v1/services/shop-api', { body: { servers: [server] }, headers: { 'if-none-match': '*' } })
    const answers = await Promise.all(['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'].map(makeNew))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 412, 412])
    const made = answers.find(({ status }) => status === 201)?.json
    expect(answers.find(({ status }) => status === 412)?.json.code).toBe('PRECONDITION_FAILED')
    expect((await makeNew(made.servers[0])).status).toBe(412)
    expect((await api.call('GET', '/v1/services/shop-api')).json.servers).toEqual(made.servers)
  })

  it('is told in the audit as it was and as it is, and once', async () => {
    await put(SHOP_API)
    await put(SHOP_API)
    await put({ servers: ['10.0.0.6:80'] })
    await api.call('DELETE', '/v1/services/shop-api')
    const { json } = await api.call('GET', '/v1/audit?subject=shop-api')
    expect(
      json.data.map((row: Record<string, any>) => [row['action'], row['before']?.servers, row['after']?.servers]),
    ).toEqual([
      ['services.delete', ['10.0.0.6:80'], undefined],
      ['services.put', SHOP_API.servers, ['10.0.0.6:80']],
      ['services.put', undefined, SHOP_API.servers],
    ])
  })
})

describe('a domain whose target names a service', () => {
  it('is launched, shown and found by it', async () => {
    await put(SHOP_API)
    const made = await launch()
    expect([made.status, made.json.target]).toEqual([202, TO_SHOP_API])
    expect((await api.call('GET', `/v1/domains/${made.json.id}`)).json.target).toEqual(TO_SHOP_API)
    await launch({ hostname: 'blog.example.com', target: { type: 'none' } })
    const found = await api.call('GET', '/v1/domains?service=shop-api')
    expect(found.json.data.map(({ hostname }: { hostname: string }) => hostname)).toEqual(['shop.example.com'])
  })

  it('is refused where there is no such service, and launches without it', async () => {
    for (const query of ['', '?dry_run=true']) {
      const answer = await api.call('POST', `/v1/domains${query}`, {
        body: { hostname: 'shop.example.com', target: TO_SHOP_API },
      })
      expect([answer.status, codes(answer.json)]).toEqual([422, ['target.service SERVICE_UNKNOWN']])
    }
    const { json: domain } = await launch({ target: { type: 'none' } })
    const patched = await api.call('PATCH', `/v1/domains/${domain.id}`, { body: { target: TO_SHOP_API } })
    expect([patched.status, codes(patched.json)]).toEqual([422, ['target.service SERVICE_UNKNOWN']])
  })

  it.each<[string, unknown, string]>([
    ['a URL as well', { ...TO_SHOP_API, url: 'http://8.8.8.8' }, 'target TARGET_URL_OR_SERVICE'],
    ['neither', { type: 'proxy' }, 'target TARGET_URL_OR_SERVICE'],
    ['a name that is none', { type: 'proxy', service: '../x' }, 'target.service INVALID'],
  ])('is refused with %s', async (_, target, expected) => {
    const answer = await launch({ target })
    expect([answer.status, codes(answer.json)]).toEqual([422, [expected]])
  })

  it('is refused where a server of it is the hostname itself', async () => {
    await put({ servers: ['shop.example.com:443'] })
    expect(codes((await launch()).json)).toEqual(['target.service TARGET_LOOP'])
    await put({ servers: ['shop.example.com:8443'] })
    expect((await launch()).status).toBe(202)
  })

  it('is of a tenant that may use it', async () => {
    await put({ ...SHOP_API, tenant: 'acme' })
    const { key } = await aKey(api.call, { role: 'operator', tenant: 'globex' })
    expect(codes((await launch({}, key)).json)).toEqual(['target.service SERVICE_UNKNOWN'])
    const { key: own } = await aKey(api.call, { role: 'operator', tenant: 'acme' })
    expect((await launch({}, own)).status).toBe(202)
    // Where the platform's servers are is nothing a tenant reads.
    expect((await api.call('GET', '/v1/services/shop-api', { key: own })).status).toBe(403)
    expect((await api.call('GET', '/v1/domains?service=shop-api', { key: own })).status).toBe(403)
  })

  it('has a verdict of its own in an import', async () => {
    await put(SHOP_API)
    const rows = ['shop-api', 'unknown', 'shop-api'].map((service, place) => ({
      hostname: `${place}.example.com`,
      target: { type: 'proxy', service },
    }))
    const { json } = await api.call('POST', '/v1/domains:bulk', { body: rows })
    expect(json.rows.map(({ status }: { status: number }) => status)).toEqual([202, 422, 202])
    expect(codes(json.rows[1])).toEqual(['target.service SERVICE_UNKNOWN'])
  })

  it('keeps its service, and the way to it, from being taken away', async () => {
    await put(SHOP_API)
    await launch({ tenant: 'acme' })
    const removed = await api.call('DELETE', '/v1/services/shop-api')
    expect([removed.status, removed.json.code]).toEqual([409, 'SERVICE_IN_USE'])
    const taken = await put({ ...SHOP_API, tenant: 'globex' })
    expect([taken.status, taken.json.code]).toEqual([409, 'SERVICE_IN_USE'])
    expect((await put({ servers: ['10.0.0.9:80'] })).status).toBe(200)
  })
})
