import { type DnsProvider, DnsProviderProblem, MINUTE } from '@mooring/core'
import { createLogger } from '@mooring/runtime'
import { beforeEach, describe, expect, it } from 'vitest'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { memoryDnsHost } from '../builders/memory-dns-host.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
const API_KEY = 'pdns-key-that-nobody-may-see'
const ZONE = {
  name: 'apps.example.com',
  provider: 'powerdns',
  url: 'http://10.0.0.2:8081',
  credentials: { api_key: API_KEY },
}
const PROXY = { type: 'proxy', url: 'http://10.1.2.3:8080' }

let api: ReturnType<typeof apiUnderTest>
let host: ReturnType<typeof memoryDnsHost>
let logged: string[]
beforeEach(() => {
  host = memoryDnsHost(['apps.example.com', 'example.com'])
  logged = []
  const log = createLogger({ name: 'api', level: 'trace', destination: { write: (line) => logged.push(line) } })
  api = apiUnderTest(database(), { openDnsAccount: () => host, log })
})

const post = (body: unknown, headers: Record<string, string> = {}) =>
  api.call('POST', '/v1/dns-zones', { body, headers })
const codes = ({ errors }: { errors: { path: string; code: string }[] }) =>
  errors.map(({ path, code }) => `${path} ${code}`)
const launch = (hostname: string, fields: Record<string, unknown> = {}, query = '') =>
  api.call('POST', `/v1/domains${query}`, {
    body: { hostname, target: PROXY, verification: { method: 'managed' }, ...fields },
  })
const count = async (table: string) =>
  Number((await database().pool.query(`select count(*) from ${table}`)).rows[0]?.count ?? -1)

/** A host that has trouble with everything, and tells in words that repeat the key. */
const troubled = (kind: DnsProviderProblem['kind'], retryAt: Date | null = null): DnsProvider => {
  const trouble = () =>
    Promise.reject(new DnsProviderProblem(kind, `PowerDNS answered: no ${API_KEY} here`, { retryAt }))
  return { name: 'powerdns', findZone: trouble, list: trouble, upsert: trouble, remove: trouble }
}

describe('a managed zone', () => {
  it('is stored, listed and read, and its credentials are seen by nobody again', async () => {
    const made = await post(ZONE, { 'idempotency-key': 'zone-1' })
    expect([made.status, made.headers['location']]).toEqual([201, `/v1/dns-zones/${made.json.id}`])
    expect(made.json).toEqual({
      id: expect.stringMatching(/^zone_/),
      name: 'apps.example.com',
      tenant: null,
      provider: 'powerdns',
      url: 'http://10.0.0.2:8081',
      server_id: 'localhost',
      created_at: expect.any(String),
    })
    const again = await post(ZONE, { 'idempotency-key': 'zone-1' })
    expect([again.status, again.text]).toEqual([201, made.text])
    const listed = await api.call('GET', '/v1/dns-zones')
    expect(listed.json).toEqual({ data: [made.json], next_cursor: null })
    expect((await api.call('GET', `/v1/dns-zones/${made.json.id}`)).json).toEqual(made.json)

    const rows = await Promise.all(
      ['dns_zones', 'idempotency_keys', 'events'].map((table) => database().pool.query(`select * from ${table}`)),
    )
    const everything = [logged, made.text, again.text, listed.text, rows.map((result) => result.rows)]
    expect(JSON.stringify(everything)).not.toContain(API_KEY)
  })

  it('gives its provider the credentials that came', async () => {
    const opened: unknown[] = []
    api = apiUnderTest(database(), {
      openDnsAccount: (account) => {
        opened.push(account)
        return host
      },
    })
    await post(ZONE)
    expect((await launch('shop.apps.example.com', {}, '?dry_run=true')).status).toBe(200)
    const account = { provider: 'powerdns', url: ZONE.url, server_id: 'localhost', credentials: { api_key: API_KEY } }
    expect(opened).toEqual([account, account])
  })

  it('is managed once', async () => {
    await post(ZONE)
    const again = await post({ ...ZONE, tenant: 'acme' })
    expect([again.status, again.json.code]).toEqual([409, 'ZONE_EXISTS'])
  })

  it('is forgotten on request, unless domains have their records in it', async () => {
    const { json: zone } = await post(ZONE)
    const { json: domain } = await launch('shop.apps.example.com')
    const early = await api.call('DELETE', `/v1/dns-zones/${zone.id}`)
    expect([early.status, early.json.code]).toEqual([409, 'ZONE_IN_USE'])
    await database().pool.query(`update domains set state = 'deprovisioned' where id = $1`, [domain.id])
    expect((await api.call('DELETE', `/v1/dns-zones/${zone.id}`)).status).toBe(204)
    expect((await api.call('DELETE', `/v1/dns-zones/${zone.id}`)).status).toBe(404)
    expect(await count('dns_zones')).toBe(0)
  })

  it.each(['zone_nothing', '%00', 'zone_01890a5d-ac96-774b-bcce-b302099a8057', 'a'.repeat(600)])(
    'is not there as %s',
    async (id) => {
      for (const call of [`/v1/dns-zones/${id}`, `/v1/dns-zones/${id}/plan?hostname=a.example.com`]) {
        expect((await api.call('GET', call)).status).toBe(404)
      }
    },
  )
})

it('a managed zone takes no other method, and its plan is read only', async () => {
  const { json: zone } = await post(ZONE)
  for (const [method, url, allowed] of [
    ['PUT', '/v1/dns-zones', 'GET, HEAD, POST'],
    ['PATCH', `/v1/dns-zones/${zone.id}`, 'DELETE, GET, HEAD'],
    ['POST', `/v1/dns-zones/${zone.id}/plan`, 'GET, HEAD'],
  ] as const) {
    const answer = await api.call(method, url, { body: ZONE })
    expect([answer.status, answer.headers['allow']]).toEqual([405, allowed])
  }
})

describe('before a zone is stored its DNS host is asked', () => {
  it.each([
    ['does not hold it', 'apps.example.net', /does not hold a zone apps\.example\.net\.$/],
    ['holds the one above', 'sub.apps.example.com', /holds apps\.example\.com, in which sub\.apps\.example\.com is/],
  ])('and an account that %s is refused', async (_what, name, sentence) => {
    const { status, json } = await post({ ...ZONE, name })
    expect([status, codes(json), json.errors[0].message]).toEqual([
      422,
      ['name ZONE_NOT_FOUND'],
      expect.stringMatching(sentence),
    ])
    expect(await count('dns_zones')).toBe(0)
  })

  it.each([
    ['unauthorized', 422, 'credentials CREDENTIALS_REFUSED'],
    ['refused', 422, 'name ZONE_REFUSED'],
    ['unavailable', 503, 'DEPENDENCY_UNAVAILABLE'],
    ['rate_limited', 503, 'DEPENDENCY_UNAVAILABLE'],
  ] as const)('and %s is %i, whatever the host repeats', async (kind, status, code) => {
    api = apiUnderTest(database(), {
      openDnsAccount: () => troubled(kind, new Date(Date.now() + MINUTE)),
      log: createLogger({ name: 'api', level: 'trace', destination: { write: (line) => logged.push(line) } }),
    })
    const answer = await post(ZONE, { 'idempotency-key': 'zone-1' })
    expect(answer.status).toBe(status)
    expect(status === 503 ? answer.json.code : codes(answer.json)[0]).toBe(code)
    if (status === 503) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(50)
    expect(answer.text).toContain('PowerDNS answered')
    expect(answer.text + logged.join('')).not.toContain(API_KEY)
    expect([await count('dns_zones'), await count('idempotency_keys')]).toEqual([0, 0])
  })
})

describe('a zone’s settings', () => {
  it.each([
    ['an unknown field', { colour: 'blue' }, 'colour UNKNOWN_FIELD'],
    ['another provider’s field', { server: '10.0.0.1:53' }, 'server UNKNOWN_FIELD'],
    ['an unknown provider', { provider: 'bind' }, 'provider NOT_ALLOWED'],
    ['no provider', { provider: undefined }, 'provider NOT_ALLOWED'],
    ['no credentials', { credentials: undefined }, 'credentials REQUIRED'],
    ['a second key', { credentials: { api_key: 'k', token: 't' } }, 'credentials.token UNKNOWN_FIELD'],
    ['a key of two lines', { credentials: { api_key: 'k\nx: y' } }, 'credentials.api_key INVALID'],
    ['a key of 5,000 characters', { credentials: { api_key: 'k'.repeat(5000) } }, 'credentials.api_key TOO_LARGE'],
    ['a URL with a user', { url: 'http://user:pw@10.0.0.2:8081' }, 'url INVALID'],
    ['a URL with a newline', { url: 'http://10.0.0.2:8081/\nx' }, 'url INVALID'],
    ['a URL with a newline at its end', { url: 'http://10.0.0.2:8081\n' }, 'url INVALID'],
    ['a URL with a query', { url: 'http://10.0.0.2:8081/?a=b' }, 'url INVALID'],
    ['a URL that climbs', { url: 'http://10.0.0.2\\@example.com' }, 'url INVALID'],
    ['a file', { url: 'file:///etc/passwd' }, 'url INVALID'],
    ['a server id that climbs', { server_id: '../..' }, 'server_id INVALID'],
    ['a tenant with a space', { tenant: 'a tenant' }, 'tenant INVALID'],
    ['a name with a newline', { name: 'apps.example.com\n' }, 'name HOSTNAME_INVISIBLE_CHARACTER'],
    ['a wildcard', { name: '*.example.com' }, 'name HOSTNAME_BAD_CHARACTER'],
    ['a public suffix', { name: 'co.uk' }, 'name HOSTNAME_PUBLIC_SUFFIX'],
  ])('with %s are refused by the field, and not repeated', async (_what, fields, expected) => {
    const { status, json, text } = await post({ ...ZONE, ...fields })
    expect([status, codes(json)]).toEqual([422, [expected]])
    expect(text).not.toContain(API_KEY)
    expect(await count('dns_zones')).toBe(0)
  })

  it.each([
    ['a name for a server', { server: 'ns1.example.com:53' }, 'server INVALID'],
    ['no such port', { server: '10.0.0.1:66000' }, 'server INVALID'],
    ['no such address', { server: '10.0.0.999:53' }, 'server INVALID'],
    ['a key name that looks like an option', { key_name: '-v' }, 'key_name INVALID'],
    ['a secret of two lines', { credentials: { secret: 'c2VjcmV0\nsend' } }, 'credentials.secret INVALID'],
  ])('of RFC 2136 with %s are refused', async (_what, fields, expected) => {
    const account = { server: '10.0.0.1:53', key_name: 'mooring', credentials: { secret: 'c2VjcmV0' } }
    const { status, json } = await post({ name: 'apps.example.com', provider: 'rfc2136', ...account, ...fields })
    expect([status, codes(json)]).toEqual([422, [expected]])
  })
})

describe('a hostname in a managed zone', () => {
  it('is accepted for every tenant that the zone is open to, and says who hosts it', async () => {
    await post({ ...ZONE, tenant: 'acme' })
    const { status, json } = await launch('shop.apps.example.com', { tenant: 'acme' })
    expect([status, json.dns.provider, json.verification.method]).toEqual([202, 'powerdns', 'managed'])
    expect((await api.call('GET', `/v1/domains/${json.id}`)).json.dns.provider).toBe('powerdns')
  })

  it.each([
    ['shop.apps.example.com', 'other'],
    ['shop.example.org', 'acme'],
    ['notapps.example.com', 'acme'],
  ])('is refused when no zone that is open to the tenant holds it: %s for %s', async (hostname, tenant) => {
    await post({ ...ZONE, tenant: 'acme' })
    for (const query of ['', '?dry_run=true']) {
      const { status, json } = await launch(hostname, { tenant }, query)
      expect([status, codes(json)]).toEqual([422, ['verification.method ZONE_NOT_MANAGED']])
    }
    expect(await count('domains')).toBe(0)
  })
})

describe('a dry run', () => {
  it('shows what would be written for a managed name, and stores and writes nothing', async () => {
    await post(ZONE)
    const { status, json } = await launch('shop.apps.example.com', {}, '?dry_run=true')
    expect(status).toBe(200)
    expect(json.plan.lines).toContain('add CNAME shop.apps.example.com → edge.platform.example')
    expect(json.plan.zone).toMatchObject({ name: 'apps.example.com', provider: 'powerdns' })
    expect(json.plan.changes).toContainEqual({
      kind: 'create',
      set: { name: 'shop.apps.example.com', type: 'CNAME', ttl_seconds: 300, values: ['edge.platform.example'] },
      before: null,
    })
    expect(json.plan.conflicts).toEqual([])
    expect([await count('domains'), await count('events'), host.sets]).toEqual([0, 0, []])
  })

  it('names the record that somebody else has in the way', async () => {
    await post(ZONE)
    host.sets.push({ name: 'shop.apps.example.com', type: 'CNAME', ttlSeconds: 60, values: ['old.example.net'] })
    const { json } = await launch('shop.apps.example.com', {}, '?dry_run=true')
    expect(json.plan.conflicts).toEqual([
      {
        name: 'shop.apps.example.com',
        type: 'CNAME',
        values: ['old.example.net'],
        explanation: expect.stringContaining('Mooring did not write'),
      },
    ])
    expect(json.plan.lines.some((line: string) => line.startsWith('in the way: '))).toBe(true)
  })

  it.each([
    ['txt', ['TXT _mooring-challenge.shop.example.com token=<token>', 'CNAME shop.example.com edge.platform.example']],
    ['cname', ['CNAME shop.example.com <token>.edge.platform.example']],
    ['http', ['CNAME shop.example.com edge.platform.example']],
  ])('by %s shows the records the customer will need, with a gap where the token will be', async (method, expected) => {
    const { status, json } = await launch('shop.example.com', { verification: { method } }, '?dry_run=true')
    expect(status).toBe(200)
    expect(json).toMatchObject({ hostname: 'shop.example.com', tenant: 'default', plan: null })
    expect(json.verification).toMatchObject({ method, http: null })
    const lines = json.records.map(({ type, name, value }: Record<string, string>) => `${type} ${name} ${value}`)
    expect(lines.map((line: string) => line.split(' expiry=')[0])).toEqual(expected)
    expect(await count('domains')).toBe(0)
  })

  it('is refused like the registration itself', async () => {
    const { json: first } = await launch('shop.example.com', { verification: { method: 'txt' } })
    const again = await launch('shop.example.com', { verification: { method: 'txt' } }, '?dry_run=true')
    expect([again.status, again.json.code, again.json.id]).toEqual([409, 'HOSTNAME_EXISTS', first.id])
    const other = { verification: { method: 'txt' }, tenant: 'other' }
    expect((await launch('shop.example.com', other, '?dry_run=true')).status).toBe(200)
    expect((await launch('shop..example.com', {}, '?dry_run=true')).status).toBe(422)
    expect((await launch('shop.example.com', {}, '?dry_run=perhaps')).status).toBe(422)
  })
})

describe('a zone’s plan', () => {
  const plan = (id: string, query: string) => api.call('GET', `/v1/dns-zones/${id}/plan?${query}`)

  it('is the plan of the domain that is there', async () => {
    const { json: zone } = await post(ZONE)
    const { json: domain } = await launch('shop.apps.example.com')
    const { status, json } = await plan(zone.id, 'hostname=SHOP.apps.example.com')
    expect([status, json.zone.id]).toEqual([200, zone.id])
    const names = json.changes.map(({ set }: { set: { name: string } }) => set.name)
    expect(names).toEqual(['_mooring-owner.shop.apps.example.com', 'shop.apps.example.com'])
    expect(json.changes[0].set.values[0]).toContain(domain.id)
    expect(json.changes[1].set.values).toEqual([domain.dns.records[0].value])
  })

  it('is one for a domain to come where there is none', async () => {
    const { json: zone } = await post(ZONE)
    const { status, json } = await plan(zone.id, 'hostname=new.apps.example.com&tenant=acme')
    expect([status, json.lines]).toEqual([
      200,
      [
        expect.stringMatching(/^add TXT _mooring-owner\.new\.apps\.example\.com → .*heritage=mooring domain=dom_/),
        'add CNAME new.apps.example.com → edge.platform.example',
      ],
    ])
  })

  it.each([
    ['hostname=shop.example.com', 'hostname ZONE_NOT_HOLDING'],
    ['hostname=shop.apps.example.com&tenant=other', 'hostname ZONE_NOT_HOLDING'],
    ['hostname=', 'hostname HOSTNAME_EMPTY'],
    ['tenant=acme', 'hostname REQUIRED'],
    ['hostname=a.apps.example.com&colour=blue', 'colour UNKNOWN_FIELD'],
  ])('is refused for %s', async (query, expected) => {
    const { json: zone } = await post({ ...ZONE, tenant: 'acme' })
    const { status, json } = await plan(zone.id, query)
    expect([status, codes(json)]).toEqual([422, [expected]])
  })

  it.each([
    ['unauthorized', 409, 'CONFLICT'],
    ['refused', 409, 'CONFLICT'],
    ['unavailable', 503, 'DEPENDENCY_UNAVAILABLE'],
  ] as const)('of a host that is %s is %i, without the words of the host', async (kind, status, code) => {
    const { json: zone } = await post(ZONE)
    api = apiUnderTest(database(), { openDnsAccount: () => troubled(kind) })
    const answer = await plan(zone.id, 'hostname=shop.apps.example.com')
    expect([answer.status, answer.json.code]).toEqual([status, code])
    expect(answer.text).not.toContain(API_KEY)
  })
})
