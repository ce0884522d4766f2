import { DAY, JOB_KINDS, STATES, makeApiKey } from '@mooring/core'
import { createApiKeyStore, type Database } from '@mooring/postgres'
import type { RouteToRead } from './measure-route.ts'

const LIST_MS = 200
const SEARCH_MS = 300
const DEEP = 8

/** Every list and every filter, alone and in company, of all and as a tenant sees it. */
export async function routesToRead(database: Database): Promise<RouteToRead[]> {
  const { ids, names } = await samples(database)
  const soon = (days: number) => encodeURIComponent(new Date(Date.now() + days * DAY).toISOString())
  const large = await keyOf(database, 'tenant-01')
  const small = await keyOf(database, 'tenant-17')
  const none = await keyOf(database, 'tenant-without-any')
  const list = (path: string): RouteToRead => ({ name: path, paths: [path], target: LIST_MS, deep: DEEP })
  const search = (name: string, queries: string[], more = ''): RouteToRead => ({
    name,
    paths: queries.map((query) => `/v1/domains?q=${encodeURIComponent(query)}${more}`),
    target: SEARCH_MS,
  })
  const as = (who: string, key: string, route: RouteToRead): RouteToRead => ({
    ...route,
    name: `${route.name} (${who})`,
    key,
  })
  const ofTenant = [
    list('/v1/domains'),
    list('/v1/domains?state=failed'),
    list('/v1/domains?state=active'),
    list('/v1/domains?reason=DNS_TXT_MISMATCH'),
    list('/v1/domains?actor=operator'),
    list(`/v1/domains?expires_before=${soon(20)}`),
    list(`/v1/domains?expires_before=${soon(70)}&state=suspended`),
    list('/v1/jobs'),
    list('/v1/certificates'),
    search('search for whole names', names.slice(0, 12)),
    search('search for nothing there is', ['qqqxyzzy', 'nowhere-to-be-found', '100%', '"', '🦊', 'x_y']),
  ]
  return [
    list('/v1/domains'),
    { name: '/v1/domains?limit=200', paths: ['/v1/domains?limit=200'], target: LIST_MS },
    ...STATES.map((state) => list(`/v1/domains?state=${state}`)),
    list('/v1/domains?tenant=tenant-01'),
    list('/v1/domains?tenant=tenant-17'),
    list('/v1/domains?tenant=nobody'),
    list('/v1/domains?reason=DNS_TXT_MISSING'),
    list('/v1/domains?reason=INTERNAL'),
    list('/v1/domains?reason=CERT_NEEDED'),
    list('/v1/domains?actor=customer'),
    list('/v1/domains?actor=ca'),
    list('/v1/domains?service=web'),
    list('/v1/domains?service=seldom'),
    list('/v1/domains?service=web&state=failed'),
    list('/v1/domains?service=web&state=active'),
    list('/v1/domains?service=seldom&state=active'),
    list('/v1/domains?service=web&tenant=tenant-01'),
    list('/v1/domains?service=web&tenant=tenant-17'),
    list('/v1/domains?service=nobody'),
    list('/v1/domains?service=web&actor=operator'),
    list(`/v1/domains?service=web&expires_before=${soon(70)}`),
    list('/v1/domains?service=seldom&tenant=tenant-17'),
    list('/v1/domains?service=web&reason=DNS_TXT_MISSING'),
    list(`/v1/domains?service=seldom&expires_before=${soon(70)}`),
    list(`/v1/domains?expires_before=${soon(5)}`),
    list(`/v1/domains?expires_before=${soon(70)}`),
    list(`/v1/domains?expires_before=${soon(70)}&tenant=tenant-17`),
    list(`/v1/domains?expires_before=${soon(70)}&state=suspended`),
    list(`/v1/domains?expires_before=${soon(20)}&tenant=nobody`),
    list(`/v1/domains?expires_before=${soon(70)}&tenant=tenant-01&state=suspended`),
    list(`/v1/domains?expires_before=${soon(70)}&actor=operator`),
    list(`/v1/domains?expires_before=${soon(70)}&q=bakery`),
    list(`/v1/domains?expires_before=${soon(70)}&q=qqqxyzzy`),
    list('/v1/domains?tenant=tenant-17&state=failed'),
    list('/v1/domains?tenant=tenant-01&state=verifying&reason=DNS_TXT_MISMATCH'),
    list('/v1/domains?tenant=tenant-17&actor=operator'),
    list('/v1/domains?state=active&reason=DNS_TXT_MISSING'),
    list('/v1/jobs'),
    ...JOB_KINDS.map((kind) => list(`/v1/jobs?kind=${kind}`)),
    list('/v1/jobs?kind=waiting&lane=interactive'),
    list('/v1/jobs?kind=waiting&tenant=tenant-17'),
    list('/v1/jobs?kind=running&worker=worker-7'),
    list('/v1/jobs?kind=waiting&step=verify_ownership&reason=DNS_TXT_MISMATCH'),
    list('/v1/jobs?kind=failed&reason=CA_REJECTED'),
    list('/v1/jobs?q=bakery'),
    list('/v1/jobs?q=zz'),
    list('/v1/jobs?q=qqqxyzzy'),
    list('/v1/certificates'),
    list('/v1/certificates?status=superseded'),
    list(`/v1/certificates?expires_before=${soon(10)}`),
    list(`/v1/certificates?status=superseded&expires_before=${soon(10)}`),
    { name: '/v1/workers', paths: ['/v1/workers'], target: LIST_MS },
    { name: '/v1/edges', paths: ['/v1/edges'], target: LIST_MS },
    { name: '/v1/limits', paths: ['/v1/limits'], target: LIST_MS },
    { name: '/v1/domains/{id}', paths: ids.map((id) => `/v1/domains/${id}`), target: LIST_MS },
    { name: '/v1/domains/{hostname}', paths: names.map((name) => `/v1/domains/${name}`), target: LIST_MS },
    { name: '/v1/domains/{id}/events', paths: ids.map((id) => `/v1/domains/${id}/events`), target: LIST_MS },
    { name: '/v1/domains/{id}/attempts', paths: ids.map((id) => `/v1/domains/${id}/attempts`), target: LIST_MS },
    search('search for common words', ['bakery', 'shop.', '.de', 'misty', 'www.']),
    search(
      'search for parts of one name',
      names.map((name) => name.slice(4, -4)),
    ),
    search('search for few letters', ['q', 'zz', 'x9', '-', '7f']),
    search('search for nothing there is', ['qqqxyzzy', 'nowhere-to-be-found', '100%', '"', '🦊', 'x_y', '%%%', "o'br"]),
    search('search within a service', ['bakery', 'qqqxyzzy', 'misty-clinic'], '&service=web'),
    search('search within a seldom service', ['bakery', 'qqqxyzzy', 'misty-clinic'], '&service=seldom'),
    search('search within a tenant', ['bakery', 'qqqxyzzy', 'misty-clinic'], '&tenant=tenant-17'),
    search('search within the large tenant', ['bakery', 'qqqxyzzy', 'misty-clinic'], '&tenant=tenant-01'),
    search('search among active ones', ['qqqxyzzy', 'misty-clinic-f'], '&state=active'),
    search('search among failed ones', ['qqqxyzzy', 'misty'], '&state=failed'),
    search('search by reason', ['qqqxyzzy', 'misty'], '&reason=DNS_TXT_MISSING'),
    ...ofTenant.map((route) => as('large tenant', large, route)),
    ...ofTenant.map((route) => as('small tenant', small, route)),
    ...ofTenant.map((route) => as('tenant without any', none, route)),
  ]
}

async function keyOf(database: Database, tenant: string): Promise<string> {
  const { id, key, hash } = makeApiKey()
  const facts = { name: 'bench', role: 'viewer', createdBy: 'bench', expiresAt: null } as const
  await createApiKeyStore(database).create({ id, hash, tenant, ...facts })
  return key
}

/** Some active domains. */
export async function samples({ pool }: Database): Promise<{ ids: string[]; names: string[] }> {
  const { rows } = await pool.query<{ id: string; hostname: string }>(
    `select id, hostname from domains tablesample system (0.01) where state = 'active' limit 24`,
  )
  return { ids: rows.map(({ id }) => id), names: rows.map(({ hostname }) => hostname) }
}
