import { DAY, type Domain, type State } from '@mooring/core'
import type { Database } from '@mooring/postgres'
import { createLeafKeyAndCsr, type LocalCa } from '@mooring/providers'
import { aKey } from './api-keys.ts'
import type { apiUnderTest } from './api-under-test.ts'
import { storeDomainIn } from './domain-in-state.ts'
import { aLeaf, dns } from './own-certificate.ts'

/** Every address that takes a change, with what it takes: a fresh subject and a body, as `POST`, `PATCH` and so on need it. */
export interface Change {
  url: string
  body?: unknown
}

export interface World {
  database: Database
  call: ReturnType<typeof apiUnderTest>['call']
  ca: LocalCa
}

const HOSTNAME = 'shop.example.com' as Domain['hostname']

/** What callers send, or are shown once, and nobody finds anywhere else. */
export const SECRETS = {
  dnsKey: 'pdns-key-that-nobody-may-see',
  password: 'a password that nobody may see',
  keyPem: createLeafKeyAndCsr(HOSTNAME).keyPem,
}

const RULES = { ownershipVerifiedAt: new Date(), activatedAt: new Date() }

const actionOn =
  (state: State, overrides: Partial<Domain> = {}) =>
  (name: string) =>
  async ({ database }: World): Promise<Change> => ({
    url: `/v1/domains/${await storeDomainIn(database, state, { ...RULES, ...overrides })}/${name}`,
  })

const IN_AN_HOUR = () => new Date(Date.now() + DAY / 24).toISOString()

const made = async ({ call }: World, url: string, body: unknown): Promise<string> =>
  (await call('POST', url, { body })).json.id

const zone = {
  name: 'apps.example.com',
  provider: 'powerdns',
  url: 'http://10.0.0.2:8081',
  credentials: { api_key: SECRETS.dnsKey },
}
const service = { servers: ['10.0.0.5:8080'] }
const user = { email: 'ada@example.com', name: 'Ada', role: 'viewer', password: SECRETS.password }
const webhook = { url: 'https://8.8.8.8/hook', description: 'ours' }
const silence = () => ({ until: IN_AN_HOUR(), why: 'known' })

async function aWebhook(world: World): Promise<string> {
  return `/v1/webhooks/${await made(world, '/v1/webhooks', webhook)}`
}

async function aMessage(world: World): Promise<{ hook: string; id: string }> {
  const hook = await aWebhook(world)
  return { hook, id: await made(world, `${hook}/test`, {}) }
}

async function aWorker({ database }: World): Promise<string> {
  await database.pool.query(`insert into workers (name, slots) values ('worker-a', 4) on conflict do nothing`)
  return '/v1/workers/worker-a'
}

const anEdge = async (world: World) => `/v1/edges/${await made(world, '/v1/edges', { name: 'edge-a' })}`
const anotherUser = async (world: World) => `/v1/users/${await made(world, '/v1/users', user)}`

export const CHANGES: Record<string, (world: World) => Promise<Change>> = {
  'POST /v1/domains': async () => ({
    url: '/v1/domains',
    body: { hostname: 'shop.example.com', target: { type: 'none' }, tenant: 'acme' },
  }),
  'PATCH /v1/domains/{id}': async ({ database }) => ({
    url: `/v1/domains/${await storeDomainIn(database, 'active', RULES)}`,
    body: { metadata: { customer: 'Ada' } },
  }),
  'DELETE /v1/domains/{id}': async ({ database }) => ({
    url: `/v1/domains/${await storeDomainIn(database, 'active', RULES)}`,
  }),
  'POST /v1/domains/{id}/check': actionOn('verifying')('check'),
  'POST /v1/domains/{id}/retry': actionOn('failed')('retry'),
  'POST /v1/domains/{id}/suspend': actionOn('active')('suspend'),
  'POST /v1/domains/{id}/resume': actionOn('suspended', { suspension: 'operator' })('resume'),
  'POST /v1/domains/{id}/restore': actionOn('deprovisioning')('restore'),
  'POST /v1/domains/{id}/rotate-token': actionOn('active')('rotate-token'),
  'POST /v1/domains/{id}/erase': actionOn('deprovisioned', { holds: false })('erase'),
  'POST /v1/domains/{id}/renew': async (world) => {
    const { url, body } = await ownCertificate(world)
    await world.call('POST', url, { body })
    await world.database.pool.query(`update domains set tls = '{"mode": "auto"}'`)
    return { url: url.replace('certificate', 'renew') }
  },
  'POST /v1/domains/{id}/certificate': ownCertificate,
  'POST /v1/domains/{id}/consents': async (world) => ({
    ...(await actionOn('active')('consents')(world)),
    body: { tenant: 'globex' },
  }),
  'DELETE /v1/domains/{id}/consents/{tenant}': async (world) => {
    const { url } = await actionOn('active')('consents')(world)
    await world.call('POST', url, { body: { tenant: 'globex' } })
    return { url: `${url}/globex` }
  },
  'POST /v1/domains:bulk': async () => ({
    url: '/v1/domains:bulk',
    body: [{ hostname: 'one.example.com', target: { type: 'none' }, tenant: 'acme' }],
  }),
  'POST /v1/domains:bulk-actions': async ({ database }) => {
    await storeDomainIn(database, 'active', RULES)
    return { url: '/v1/domains:bulk-actions', body: { action: 'suspend', filter: { state: 'active' } } }
  },
  'POST /v1/jobs:bulk': async ({ database }) => {
    await storeDomainIn(database, 'failed')
    return { url: '/v1/jobs:bulk', body: { action: 'retry', filter: { kind: 'failed' } } }
  },
  'POST /v1/dns-zones': async () => ({ url: '/v1/dns-zones', body: zone }),
  'DELETE /v1/dns-zones/{id}': async (world) => ({ url: `/v1/dns-zones/${await made(world, '/v1/dns-zones', zone)}` }),
  'PUT /v1/services/{name}': async () => ({ url: '/v1/services/shop-api', body: service }),
  'DELETE /v1/services/{name}': async ({ call }) => {
    await call('PUT', '/v1/services/shop-api', { body: service })
    return { url: '/v1/services/shop-api' }
  },
  'POST /v1/edges': async () => ({ url: '/v1/edges', body: { name: 'edge-a' } }),
  'POST /v1/edges/{id}/quarantine': async (world) => ({ url: `${await anEdge(world)}/quarantine` }),
  'POST /v1/edges/{id}/release': async (world) => ({ url: `${await anEdge(world)}/release` }),
  'DELETE /v1/edges/{id}': async (world) => ({ url: await anEdge(world) }),
  'POST /v1/keys': async () => ({ url: '/v1/keys', body: { name: 'ci', role: 'operator' } }),
  'DELETE /v1/keys/{id}': async ({ call }) => ({ url: `/v1/keys/${(await aKey(call, { role: 'viewer' })).id}` }),
  'POST /v1/users': async () => ({ url: '/v1/users', body: user }),
  'PATCH /v1/users/{id}': async (world) => ({
    url: await anotherUser(world),
    body: { role: 'operator', password: `${SECRETS.password}, too` },
  }),
  'DELETE /v1/users/{id}': async (world) => ({ url: await anotherUser(world) }),
  'POST /v1/silences': async () => ({ url: '/v1/silences', body: silence() }),
  'DELETE /v1/silences/{id}': async (world) => ({
    url: `/v1/silences/${await made(world, '/v1/silences', silence())}`,
  }),
  'PUT /v1/contacts/{tenant}': async () => ({ url: '/v1/contacts/acme', body: { email: 'ada@example.com' } }),
  'DELETE /v1/contacts/{tenant}': async ({ call }) => {
    await call('PUT', '/v1/contacts/acme', { body: { email: 'ada@example.com' } })
    return { url: '/v1/contacts/acme' }
  },
  'POST /v1/webhooks': async () => ({ url: '/v1/webhooks', body: webhook }),
  'PATCH /v1/webhooks/{id}': async (world) => ({ url: await aWebhook(world), body: { description: 'theirs' } }),
  'DELETE /v1/webhooks/{id}': async (world) => ({ url: await aWebhook(world) }),
  'POST /v1/webhooks/{id}/secret': async (world) => ({ url: `${await aWebhook(world)}/secret` }),
  'POST /v1/webhooks/{id}/test': async (world) => ({ url: `${await aWebhook(world)}/test` }),
  'POST /v1/webhooks/{id}/replay': async (world) => ({
    url: `${await aWebhook(world)}/replay`,
    body: { since: new Date(0).toISOString() },
  }),
  'POST /v1/webhooks/{id}/deliveries/{msg}/replay': async (world) => {
    const { hook, id } = await aMessage(world)
    await world.database.pool.query(`update webhook_deliveries set status = 'failed', settled_at = now()`)
    return { url: `${hook}/deliveries/${id}/replay` }
  },
  'POST /v1/workers/{name}/drain': async (world) => ({ url: `${await aWorker(world)}/drain` }),
  'POST /v1/workers/{name}/resume': async (world) => ({ url: `${await aWorker(world)}/resume` }),
}

async function ownCertificate({ database, ca }: World): Promise<Change> {
  const id = await storeDomainIn(database, 'active', { ...RULES, hostname: HOSTNAME })
  const leaf = await aLeaf({ ca, keyPem: SECRETS.keyPem, names: dns(HOSTNAME), now: new Date() })
  return {
    url: `/v1/domains/${id}/certificate`,
    body: { chain_pem: `${leaf}${ca.caCertPem}`, key_pem: SECRETS.keyPem },
  }
}
