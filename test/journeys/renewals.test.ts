import { X509Certificate } from 'node:crypto'
import { createServer } from 'node:tls'
import { type Budgets, CaProblem, DAY, type Domain, type Hostname, MINUTE, type Registry } from '@mooring/core'
import { type Database, createCertificateStore, createRegistry } from '@mooring/postgres'
import { createLocalCa, createTlsProbe } from '@mooring/providers'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { anEdgeCertificate } from '../builders/edge-certificate.ts'
import { type CustomerWorld, registerByTxt, startCustomerWorld } from '../builders/customer-world.ts'
import { type ScriptedAuthority, outage, scriptedAuthority } from '../builders/scripted-authority.ts'
import { type Years, startYears } from '../builders/years.ts'
import { freePorts } from '../services/free-ports.ts'
import { usePostgres } from '../services/test-database.ts'

const HOSTNAME = 'shop.example.com' as Hostname
const TXT_NAME = `_mooring-challenge.${HOSTNAME}`

const postgres = usePostgres()
let world: CustomerWorld
let database: Database
let registry: Registry
let years: Years
let budgets: Budgets
let edgePort: number
let first: ScriptedAuthority
let second: ScriptedAuthority

beforeAll(async () => void (world = await startCustomerWorld()))
afterAll(() => world?.stop())
beforeEach(async () => {
  // Nobody answers there, but where a test does.
  edgePort = Number((await freePorts(1))[0])
  database = postgres.database()
  const ca = await createLocalCa(world.dir)
  years = await startYears(database, (clock) => {
    first = scriptedAuthority('first', { ca, clock, limits: { exact_set: { burst: 1000, refillMs: DAY } } })
    second = scriptedAuthority('second', { ca, clock })
    const deps = world.engineDeps(database, { clock, authorities: [first, second] })
    budgets = deps.budgets
    const tlsProbe = createTlsProbe({ allow: ['127.0.0.0/8'], port: edgePort })
    return { ...deps, tlsProbe, policy: { ...deps.policy, rotationMs: null } }
  })
  registry = createRegistry(database, { tokenLifetimeMs: 7 * DAY, rotationGraceMs: 30 * DAY, clock: years.clock })
})
afterEach(async () => {
  await world.dns.clearTXT(TXT_NAME)
  await world.dns.clearA(HOSTNAME)
})

async function launch(): Promise<string> {
  const domain = await registerByTxt(registry, HOSTNAME, years.clock)
  await world.addRecords(domain)
  await years.pass(0.1)
  expect(await now(domain.id)).toMatchObject({ state: 'active', reason: null })
  return domain.id
}

async function now(id: string): Promise<Domain> {
  const view = await registry.find(id)
  return view?.domain ?? expect.fail(`${id} is gone`)
}

/** What visitors get: the certificate of the route that is out. */
async function served(): Promise<X509Certificate> {
  const { rows } = await database.pool.query<{ chain_pem: string }>(
    'select chain_pem from routes r join certificates c on c.id = r.certificate_id where r.hostname = $1',
    [HOSTNAME],
  )
  return new X509Certificate(rows[0]?.chain_pem ?? expect.fail('no certificate is served'))
}

const daysLeft = async (): Promise<number> =>
  (new Date((await served()).validTo).getTime() - years.clock.now().getTime()) / DAY

async function eventsOf(id: string): Promise<string[]> {
  const { data } = await registry.events(id, { limit: 200, cursor: null })
  return data.map(({ type }) => type)
}

it('a certificate is renewed at two thirds of its life, again and again', { timeout: 60_000 }, async () => {
  const id = await launch()
  const before = (await served()).serialNumber
  const lifetime = await daysLeft()
  for (let month = 0; month < 10; month++) {
    await years.pass(30)
    expect(await daysLeft()).toBeGreaterThan(lifetime * 0.3)
  }
  expect((await served()).serialNumber).not.toBe(before)
  expect(first.orders.length).toBeGreaterThanOrEqual(300 / lifetime)
  expect(first.orders.length).toBeLessThanOrEqual(1 + 300 / (lifetime * 0.6))
  expect(second.orders).toEqual([])
  expect((await eventsOf(id)).filter((type) => type === 'certificate.renewed')).toHaveLength(first.orders.length - 1)
  expect(await now(id)).toMatchObject({ state: 'active', reason: null })
})

/** Lets the window of every certificate open now, and the renewal of the one there is begin. */
async function windowOpens(): Promise<void> {
  await years.pass(1)
  const opens = years.clock.now()
  first.advises((at) => ({
    window: { start: opens, end: new Date(opens.getTime() + MINUTE) },
    explanationUrl: null,
    retryAt: new Date(at.getTime() + DAY),
  }))
  await database.kysely.updateTable('certificates').set({ ask_again_at: opens }).execute()
  await database.kysely
    .updateTable('domains')
    .set({ renew_at: opens, next_run_at: new Date(0) })
    .execute()
  await years.pass(0.1)
}

/** Tokens of the name's exact set that are counted for a renewal: those of orders for new names are reserved, not taken. */
async function countedOfExactSet(): Promise<number> {
  const bucket = (await budgets.buckets(100)).find((one) => one.bucket === 'exact_set')
  return Math.max(0, Math.ceil(((bucket?.tat ?? 0) - years.clock.now().getTime()) / DAY))
}

it('inside the window that the authority suggests, the order says what it replaces, and is not counted', async () => {
  const id = await launch()
  const { serialNumber } = await served()
  await windowOpens()
  expect(new X509Certificate(first.orders[1]?.replaces ?? '').serialNumber).toBe(serialNumber)
  expect((await served()).serialNumber).not.toBe(serialNumber)
  expect(await now(id)).toMatchObject({ state: 'active', reason: null })
  expect(await countedOfExactSet()).toBe(0)
})

it('what replaces a certificate, and is not taken for that by the authority, is counted', async () => {
  await launch()
  first.passesOverReplaces()
  await windowOpens()
  expect(first.orders).toHaveLength(2)
  expect(await countedOfExactSet()).toBe(1)
})

it('while the authority is away a renewal with time enough waits, and goes to another one then', async () => {
  const id = await launch()
  const lifetime = await daysLeft()
  await years.pass(lifetime * 0.58)
  first.failsWith(outage())
  await years.pass(lifetime * 0.12)
  expect(second.orders, 'a third of its life is left: it waits').toEqual([])
  expect(await now(id)).toMatchObject({ state: 'active', reason: { code: 'CA_UNAVAILABLE' } })

  await years.pass(lifetime * 0.1)
  expect(second.orders.length, 'a quarter is left: the other one renews it').toBe(1)
  expect(await daysLeft()).toBeGreaterThan(lifetime * 0.9)
  expect(await now(id)).toMatchObject({ state: 'active', reason: null })

  first.failsWith(null)
  await years.pass(lifetime * 0.7)
  expect(first.orders.length, 'the first one is back, and preferred').toBe(2)
  expect(second.orders).toHaveLength(1)
})

it('while the authority is away a launch is nobody’s failure: it goes to the other one', async () => {
  first.failsWith(outage())
  const id = await launch()
  expect(second.orders).toHaveLength(1)
  expect((await registry.find(id))?.certificate).toMatchObject({ issuer: 'second', status: 'issued' })
})

it('an edge that serves another certificate than the recorded one is told of, until it does no more', async () => {
  const { chainPem, keyPem } = await anEdgeCertificate(HOSTNAME)
  const edge = createServer({ cert: chainPem, key: keyPem }, (socket) => socket.end())
  const id = await launch()
  // Not before: the first daily proof comes at a time drawn by lot, which may be soon.
  await new Promise<void>((resolve) => edge.listen(edgePort, '127.0.0.1', resolve))
  await registry.check(id)
  await years.settle()
  const { state, reason } = await now(id)
  expect(state).toBe('active')
  expect(reason).toMatchObject({ code: 'CERT_NOT_SERVED', actor: 'operator' })
  expect(reason?.expected?.[0]).toContain((await served()).serialNumber)

  await new Promise((resolve) => edge.close(resolve))
  await years.pass(0.1)
  expect(await now(id)).toMatchObject({ state: 'active', reason: null })
})

it('a name that left orders nothing, and is renewed when its record is back', async () => {
  const id = await launch()
  const lifetime = await daysLeft()
  await years.pass(lifetime * 0.58)
  await world.dns.setA(HOSTNAME, ['127.0.0.9'])
  await years.pass(lifetime * 0.2)
  expect(first.orders).toHaveLength(1)
  expect(second.orders).toHaveLength(0)
  await world.dns.setA(HOSTNAME, ['127.0.0.1'])
  await years.pass(1)
  expect(first.orders).toHaveLength(2)
  expect(await now(id)).toMatchObject({ state: 'active', reason: null })
})

it('what cannot be renewed is told louder as its end comes near, and its ownership is proved all the while', async () => {
  const id = await launch()
  const lifetime = await daysLeft()
  const refused = new CaProblem('rejectedIdentifier', 'Policy forbids issuing for the name.', { status: 400 })
  first.failsWith(refused)
  second.failsWith(refused)
  await years.pass(lifetime * 0.7)
  expect(await now(id)).toMatchObject({ state: 'active', reason: { code: 'CA_REJECTED', actor: 'operator' } })
  await years.pass(lifetime * 0.22)
  const domain = await now(id)
  expect(domain).toMatchObject({ state: 'active', reason: { code: 'CERT_EXPIRING', actor: 'operator' } })
  expect(domain.reason?.message).toContain('Policy forbids issuing for the name.')
  expect(years.clock.now().getTime() - (domain.ownershipVerifiedAt?.getTime() ?? 0)).toBeLessThanOrEqual(DAY * 1.1)

  first.failsWith(null)
  await registry.renew(id)
  await years.pass(0.1)
  expect(await daysLeft()).toBeGreaterThan(lifetime * 0.9)
  expect(await now(id)).toMatchObject({ state: 'active', reason: null })
})

it('keys of certificates that were replaced do not stay', async () => {
  const id = await launch()
  await years.pass((await daysLeft()) * 0.75)
  const store = createCertificateStore(database)
  const inUse = await store.inUse(id)
  const { rows } = await database.pool.query('select id, status from certificates where domain_id = $1', [id])
  expect(rows).toHaveLength(2)
  expect(rows.find((row: { id: string }) => row.id !== inUse?.id)).toMatchObject({ status: 'superseded' })
})
