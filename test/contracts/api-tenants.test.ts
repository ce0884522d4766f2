import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuditSealer } from '@mooring/postgres'
import { createLocalCa, type LocalCa } from '@mooring/providers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aKey } from '../builders/api-keys.ts'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { CHANGES, SECRETS } from '../builders/changing-routes.ts'
import { storeDomainIn } from '../builders/domain-in-state.ts'
import { memoryDnsHost } from '../builders/memory-dns-host.ts'
import { aLeaf, dns } from '../builders/own-certificate.ts'
import { stateOfAll } from '../builders/state-of-all.ts'
import { troubledDomains } from '../builders/troubled-domains.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
let folder: string
let ca: LocalCa
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mooring-tenants-'))
  ca = await createLocalCa(folder)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let api: ReturnType<typeof apiUnderTest>
beforeEach(() => {
  api = apiUnderTest(database(), {
    openDnsAccount: () => memoryDnsHost(['apps.example.com', 'zebra.example.com']),
    limits: [{ ca: 'test', accounts: ['main'], limits: {} }],
  })
})

const ROLES = ['viewer', 'operator', 'admin'] as const

/** Of a tenant that has nothing, in each role. */
async function strangers() {
  return Promise.all(ROLES.map(async (role) => ({ role, ...(await aKey(api.call, { role, tenant: 'stranger' })) })))
}

/** Bodies that would make something of the caller's own, made to be for somebody else; a row's verdict is its own. */
const FOR_ANOTHER: Record<string, object> = { 'POST /v1/webhooks': { tenant: 'acme' } }

describe('a key of another tenant, whatever its role', () => {
  it.each(Object.entries(CHANGES))('changes nothing by %s', async (route, prepare) => {
    const { url, body } = await prepare({ database: database(), call: api.call, ca })
    const keys = await strangers()
    const before = await stateOfAll(database())
    const foreign = Array.isArray(body) ? body : { ...(body as object | undefined), ...FOR_ANOTHER[route] }
    for (const { role, key } of keys) {
      const { status, json } = await api.call(route.split(' ')[0] as 'POST', url, {
        key,
        ...(body === undefined ? {} : { body: foreign }),
      })
      const said = json?.rows?.[0]?.status ?? status
      expect([403, 404], `${role}: ${status} ${JSON.stringify(json)}`).toContain(said)
    }
    expect(await stateOfAll(database())).toBe(before)
  })
})

/** A bit of everything that the tenant zebra has, and that the platform keeps about it. Returns what its paths name. */
async function zebra(): Promise<Record<string, string>> {
  const post = async (url: string, body: unknown) => {
    const { status, json } = await api.call('POST', url, { body })
    if (status >= 300) throw new Error(`${url}: ${JSON.stringify(json)}`)
    return json
  }
  const hostname = 'shop.zebra.example' as never
  const rules = { ownershipVerifiedAt: new Date(), activatedAt: new Date() }
  const domain = await storeDomainIn(database(), 'active', { ...rules, hostname, tenant: 'zebra' })
  const leaf = await aLeaf({ ca, keyPem: SECRETS.keyPem, names: dns(hostname), now: new Date() })
  await post(`/v1/domains/${domain}/certificate`, { chain_pem: `${leaf}${ca.caCertPem}`, key_pem: SECRETS.keyPem })
  await troubledDomains(database(), { count: 1, tenant: 'zebra' })
  const webhook = await post('/v1/webhooks', { url: 'https://8.8.8.8/hook', description: 'zebra', tenant: 'zebra' })
  const message = await post(`/v1/webhooks/${webhook.id}/test`, {})
  await post('/v1/keys', { name: 'zebra', role: 'viewer', tenant: 'zebra' })
  await post('/v1/users', { name: 'zebra', email: 'ops@zebra.example', role: 'viewer', password: SECRETS.password })
  await post('/v1/silences', { why: 'zebra', until: new Date(Date.now() + 3_600_000).toISOString() })
  await post('/v1/edges', { name: 'zebra' })
  const zone = await post('/v1/dns-zones', {
    name: 'zebra.example.com',
    tenant: 'zebra',
    provider: 'powerdns',
    url: 'http://10.0.0.2:8081',
    credentials: { api_key: SECRETS.dnsKey },
  })
  await api.call('PUT', '/v1/services/zebra', { body: { servers: ['10.0.0.5:8080'], tenant: 'zebra' } })
  await api.call('PUT', '/v1/contacts/zebra', { body: { email: 'ada@zebra.example' } })
  await database().pool.query(`
    insert into workers (name, slots) values ('zebra', 4);
    insert into ca_budgets (ca, bucket, key, reserved) values ('test', 'exact_set', 'shop.zebra.example', 1);
    insert into dead_letters (queue, code, detail, excerpt, bytes) values ('zebra', 'x', '', '', 0);
    insert into notices (id, at, kind, code, scope, subject, group_key, count, is_urgent, text)
    values ('ntc_1', now(), 'first', 'CA_REJECTED', 'tenant', 'zebra', 'CA_REJECTED tenant:zebra', 1, false, 'zebra')`)
  await createAuditSealer(database()).seal()
  return {
    '/v1/domains': domain,
    '/v1/webhooks': webhook.id,
    '/v1/dns-zones': zone.id,
    '/v1/services': 'zebra',
    msg: message.id,
    tenant: 'zebra',
  }
}

/** With what the paths' parameters name, and what a query has to say. */
function filled(path: string, names: Record<string, string>): string {
  const url = path.replaceAll(
    /\{(\w+)\}/g,
    (_all, name: string, at: number) => names[name] ?? names[path.slice(0, at - 1)] ?? '-',
  )
  return path.endsWith('/plan') ? `${url}?hostname=new.zebra.example.com&tenant=zebra` : url
}

describe('what a tenant has', () => {
  it('is seen by the platform’s key on every page, and by a key of another tenant on none, whatever its role', async () => {
    const names = await zebra()
    const { json } = await api.call('GET', '/openapi.json', { key: null })
    const paths = Object.entries<Record<string, unknown>>(json.paths)
      .filter(([path, { get }]) => get !== undefined && path.startsWith('/v1/') && !path.startsWith('/v1/edges/self/'))
      .map(([path]) => path)
      // Of whoever asks; the stream is held to its tenant in api-events.test.ts; and a diagnosis asks DNS.
      .filter((path) => path !== '/v1/session' && path !== '/v1/events')
    const keys = await strangers()
    const shown: string[] = []
    for (const path of paths) {
      const url = filled(path, names)
      const asked = await api.call('GET', url)
      expect([200, 503], `${url}: ${asked.text.slice(0, 300)}`).toContain(asked.status)
      if (asked.text.includes('zebra')) shown.push(path)
      for (const { role, key } of keys) {
        for (const more of [url, `${url}${url.includes('?') ? '&' : '?'}tenant=zebra`, `${url}?q=zebra`]) {
          const { status, text } = await api.call('GET', more, { key })
          expect([200, 403, 404, 422], `${role} ${more}`).toContain(status)
          if (path.includes('{')) expect(status, `${role} ${more}`).not.toBe(200)
          if (status === 200) expect(text, `${role} ${more}`).not.toContain('zebra')
          else if (more === url) expect([403, 404], `${role} ${more}`).toContain(status)
        }
      }
    }
    expect(paths.filter((path) => !path.includes('{') && !shown.includes(path))).toEqual([])
  })
})
