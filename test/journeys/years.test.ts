import { mkdtemp, rm } from 'node:fs/promises'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Domain,
  type Hostname,
  type Issuer,
  DAY,
  type Registry,
  createKeyCustody,
  reachAnswer,
  registerDomain,
  requiredRecords,
} from '@mooring/core'
import {
  createCertificateStore,
  createClaims,
  createDomainStore,
  createEdgeStore,
  createRegistry,
} from '@mooring/postgres'
import { createHttpProbe, createLocalCa, createLocalCaIssuer, createResolver, csrMaker } from '@mooring/providers'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { silentLog } from '../builders/silent-log.ts'
import { type Years, startYears } from '../builders/years.ts'
import { type Challtestsrv, startChalltestsrv } from '../services/challtestsrv.ts'
import type { Running } from '../services/provide.ts'
import { usePostgres } from '../services/test-database.ts'

const HOSTNAME = 'shop.example.com' as Hostname
const EDGE = { hostname: 'edge.platform.example', addresses: ['127.0.0.1'] }
const TXT_NAME = `_mooring-challenge.${HOSTNAME}`

const postgres = usePostgres()
let dns: Running<Challtestsrv>
let visitors: Server
let dir: string
let registry: Registry
let years: Years
let orders: number

beforeAll(async () => {
  dns = await startChalltestsrv()
  // What the edges do with a question of the certificate authority's: the control plane answers.
  visitors = createServer(({ url = '', headers }, response) => {
    const answer = reachAnswer(url.split('/').at(-1) ?? '', String(headers.host).split(':')[0] ?? '')
    response.writeHead(answer === null ? 404 : 200).end(answer ?? '')
  })
  await new Promise<void>((resolve) => visitors.listen(0, '127.0.0.1', resolve))
  dir = await mkdtemp(join(tmpdir(), 'mooring-years-'))
})
afterAll(async () => {
  visitors?.close()
  await dns?.stop()
  await rm(dir, { recursive: true, force: true })
})

beforeEach(async () => {
  const database = postgres.database()
  const custody = createKeyCustody('00'.repeat(32))
  const ca = await createLocalCa(dir)
  orders = 0
  years = await startYears(database, (clock) => ({
    clock,
    store: createDomainStore(database, { leaseMs: 60_000 }),
    certificates: createCertificateStore(database),
    edges: createEdgeStore(database),
    claims: createClaims(database),
    zones: { holding: async () => null },
    resolver: createResolver({ servers: [dns.address.dnsServer] }),
    probe: createHttpProbe({ allow: ['127.0.0.0/8'], httpPort: (visitors.address() as AddressInfo).port }),
    issuer: countingOrders(createLocalCaIssuer({ ...ca, clock })),
    csrMaker,
    custody,
    policy: {
      edge: EDGE,
      maxAttempts: 12,
      edgeRecheckMs: 10_000,
      graceMs: 7 * DAY,
      reverifyMs: DAY,
      missMs: DAY,
      rotationMs: 120 * DAY,
      rotationGraceMs: 30 * DAY,
      suspendedMs: 30 * DAY,
      settleMs: 60_000,
      danglingMs: 90 * DAY,
    },
    worker: 'worker-1',
    leaseMs: 60_000,
    log: silentLog,
    stopping: new AbortController().signal,
  }))
  registry = createRegistry(database, { tokenLifetimeMs: 7 * DAY, rotationGraceMs: 30 * DAY, clock: years.clock })
})
afterEach(async () => {
  await dns.address.clearServfail(TXT_NAME)
  await dns.address.clearTXT(TXT_NAME)
  await dns.address.clearA(HOSTNAME)
})

const countingOrders = (issuer: Issuer): Issuer => ({
  ...issuer,
  placeOrder(...order) {
    orders += 1
    return issuer.placeOrder(...order)
  },
})

/** As the customer would: every record that is asked for now, and no other. */
async function addRecords(domain: Domain): Promise<void> {
  const records = requiredRecords(domain, EDGE)
  await dns.address.setTXT(
    TXT_NAME,
    records.filter(({ type }) => type === 'TXT').map(({ value }) => value),
  )
  await dns.address.setA(HOSTNAME, EDGE.addresses)
}

async function register(): Promise<Domain> {
  const registration = {
    hostname: HOSTNAME,
    tenant: 'acme',
    target: { type: 'none' as const },
    verification: { method: 'txt' as const, routing: true },
    tls: { mode: 'auto' as const },
    edge_pool: 'default',
    vhost: 'dedicated' as const,
    metadata: {},
    priority: 'normal' as const,
  }
  const created = await registry.create(registerDomain(registration, { clock: years.clock, tokenLifetimeMs: 7 * DAY }))
  if (created.kind !== 'created') throw new Error(`not created: ${created.kind}`)
  return created.domain
}

async function now(id: string): Promise<Domain> {
  const view = await registry.find(id)
  return view?.domain ?? expect.fail(`${id} is gone`)
}

async function launch(): Promise<Domain> {
  const domain = await register()
  await addRecords(domain)
  await years.pass(0.1)
  return now(domain.id)
}

async function eventsOf(id: string): Promise<string[]> {
  const { data } = await registry.events(id, { limit: 200, cursor: null })
  return data.map(({ type }) => type).toReversed()
}

async function variantServed(): Promise<unknown> {
  const { rows } = await postgres
    .database()
    .pool.query(
      `select variant, target ->> 'type' as target from routes where hostname = $1 and variant <> 'removed'`,
      [HOSTNAME],
    )
  return rows
}

it('a domain lives through a year and comes back', { timeout: 120_000 }, async () => {
  const { id } = await launch()
  expect(await now(id)).toMatchObject({ state: 'active', holds: true, reason: null })
  expect(orders).toBe(1)

  // Months in which nothing happens cost one look a day, and no event.
  const quiet = await eventsOf(id)
  await years.pass(60)
  expect(await now(id)).toMatchObject({ state: 'active', reason: null, ownershipMissedAt: null })
  expect(await eventsOf(id)).toEqual(quiet)

  // The first outage: the customer's name servers fail for three days. Nobody is suspended for that.
  await dns.address.setServfail(TXT_NAME)
  await years.pass(3)
  expect(await now(id)).toMatchObject({ state: 'active', reason: { code: 'DNS_SERVFAIL' }, ownershipMissedAt: null })
  await dns.address.clearServfail(TXT_NAME)
  await years.pass(1.5)
  expect(await now(id)).toMatchObject({ state: 'active', reason: null })

  // The token is rotated by its age; the old one is good while the customer is reminded.
  await years.pass(60)
  const rotating = await now(id)
  expect(rotating).toMatchObject({ state: 'active', reason: { code: 'OWNERSHIP_ROTATING', actor: 'customer' } })
  await years.pass(25)
  expect(await eventsOf(id)).toContain('ownership.rotation_reminder')
  await addRecords(await now(id))
  await years.pass(1.5)
  expect(await now(id)).toMatchObject({ state: 'active', reason: null, verification: { previous: null } })
  expect((await now(id)).verification.token).not.toBe(rotating.verification.previous?.token)

  // The second outage: the record vanishes for half a day. It is told, and forgiven.
  await dns.address.clearTXT(TXT_NAME)
  await registry.check(id)
  await years.pass(0.5)
  expect(await now(id)).toMatchObject({ state: 'active', reason: { code: 'OWNERSHIP_LOST' } })
  await addRecords(await now(id))
  await years.pass(1)
  expect(await now(id)).toMatchObject({ state: 'active', reason: null, ownershipMissedAt: null })

  // Then it is gone for good, it seems: a day later visitors see the holding page.
  await dns.address.clearTXT(TXT_NAME)
  await registry.check(id)
  await years.pass(0.9)
  expect(await now(id)).toMatchObject({ state: 'active' })
  await years.pass(0.2)
  expect(await now(id)).toMatchObject({ state: 'suspended', suspension: 'ownership' })
  expect(await variantServed()).toEqual([{ variant: 'https', target: 'holding' }])

  // Servers that fail while it is suspended end nothing; the record's return ends the suspension.
  await dns.address.setServfail(TXT_NAME)
  await years.pass(5)
  await dns.address.clearServfail(TXT_NAME)
  await addRecords(await now(id))
  await years.pass(0.5)
  expect(await now(id)).toMatchObject({ state: 'active', suspension: null, reason: null })
  expect(await variantServed()).toEqual([{ variant: 'https', target: 'none' }])

  // Leaving, and second thoughts. The certificate of the launch has expired by now, so that there is a second order.
  await registry.remove(id, { immediate: false, revoke: false })
  await years.pass(2)
  expect(await now(id)).toMatchObject({ state: 'deprovisioning', reason: { code: 'OFFBOARDING_GRACE' } })
  expect(await variantServed()).toEqual([])
  await registry.restore(id)
  await years.pass(0.1)
  expect(await now(id)).toMatchObject({ state: 'active', holds: true })
  expect(orders).toBe(2)

  // Second thoughts once more: the certificate is good, and nothing is ordered.
  await registry.remove(id, { immediate: false, revoke: false })
  await years.pass(3)
  await registry.restore(id)
  await years.pass(0.1)
  expect(await now(id)).toMatchObject({ state: 'active', holds: true })

  // Leaving for good. The record that still leads here is told of until it is gone.
  await registry.remove(id, { immediate: false, revoke: false })
  await years.pass(8)
  expect(await now(id)).toMatchObject({ state: 'deprovisioned', holds: false, reason: { code: 'DNS_DANGLING' } })

  // Coming back takes a fresh token, even for whoever had the name; the certificate was kept.
  const back = await register()
  await years.pass(0.1)
  expect(await now(back.id)).toMatchObject({ state: 'verifying', reason: { code: 'DNS_TXT_MISMATCH' } })
  await addRecords(await now(back.id))
  await registry.check(back.id)
  await years.pass(0.1)
  expect(await now(back.id)).toMatchObject({ state: 'active', holds: true })
  expect((await registry.find(HOSTNAME))?.domain.id).toBe(back.id)
  await years.pass(2)
  expect(await now(id), 'the name is somebody’s again').toMatchObject({ state: 'deprovisioned', reason: null })
  expect(orders, 'the certificate was parked and taken up again').toBe(2)

  expect(await eventsOf(id)).toEqual(
    expect.arrayContaining([
      'ownership.rotation_started',
      'ownership.rotated',
      'domain.action_required',
      'ownership.lost',
      'domain.suspended',
      'domain.resumed',
      'domain.restored',
      'domain.deprovisioned',
    ]),
  )
})

it('a proof that is gone during the grace ends it, and one that nobody can ask for does not', async () => {
  const { id } = await launch()
  await registry.remove(id, { immediate: false, revoke: false })
  await dns.address.setServfail(TXT_NAME)
  await years.pass(3)
  expect(await now(id)).toMatchObject({ state: 'deprovisioning' })
  await dns.address.clearServfail(TXT_NAME)
  await dns.address.clearTXT(TXT_NAME)
  await years.pass(2.5)
  expect(await now(id)).toMatchObject({ state: 'deprovisioned' })
  expect(await eventsOf(id)).toContain('ownership.lost')
})

it('a suspension that nobody ends is followed by leaving', async () => {
  const { id } = await launch()
  await dns.address.clearTXT(TXT_NAME)
  await registry.check(id)
  await years.pass(30)
  expect(await now(id)).toMatchObject({ state: 'suspended' })
  await years.pass(9)
  expect(await now(id)).toMatchObject({ state: 'deprovisioned', holds: false })
})

it('a person’s suspension lasts until a person ends it', async () => {
  const { id } = await launch()
  await registry.suspend(id)
  await years.pass(40)
  expect(await now(id)).toMatchObject({ state: 'suspended', reason: { code: 'SUSPENDED_BY_OPERATOR' } })
  await registry.resume(id)
  await years.pass(0.1)
  expect(await now(id)).toMatchObject({ state: 'active', suspension: null })
})
