import { DAY, type Domain, type Hostname, type Registry } from '@mooring/core'
import { createRegistry } from '@mooring/postgres'
import { createLocalCa } from '@mooring/providers'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type CustomerWorld, registerByTxt, startCustomerWorld } from '../builders/customer-world.ts'
import { type ScriptedAuthority, scriptedAuthority } from '../builders/scripted-authority.ts'
import { type Years, startYears } from '../builders/years.ts'
import { usePostgres } from '../services/test-database.ts'

const HOSTNAME = 'shop.example.com' as Hostname
const TXT_NAME = `_mooring-challenge.${HOSTNAME}`

const postgres = usePostgres()
let world: CustomerWorld
let registry: Registry
let years: Years
let authority: ScriptedAuthority

beforeAll(async () => void (world = await startCustomerWorld()))
afterAll(() => world?.stop())

beforeEach(async () => {
  const database = postgres.database()
  const ca = await createLocalCa(world.dir)
  years = await startYears(database, (clock) => {
    authority = scriptedAuthority('local', { ca, clock })
    return world.engineDeps(database, { clock, authorities: [authority] })
  })
  registry = createRegistry(database, { tokenLifetimeMs: 7 * DAY, rotationGraceMs: 30 * DAY, clock: years.clock })
})
afterEach(async () => {
  await world.dns.clearServfail(TXT_NAME)
  await world.dns.clearTXT(TXT_NAME)
  await world.dns.clearA(HOSTNAME)
})

const addRecords = (domain: Domain) => world.addRecords(domain)
const register = () => registerByTxt(registry, HOSTNAME, years.clock)

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
  expect(authority.orders).toHaveLength(1)

  // Months in which nothing happens cost one look a day, and no event.
  const quiet = await eventsOf(id)
  await years.pass(50)
  expect(await now(id)).toMatchObject({ state: 'active', reason: null, ownershipMissedAt: null })
  expect(await eventsOf(id)).toEqual(quiet)

  // The first outage: the customer's name servers fail for three days. Nobody is suspended for that.
  await world.dns.setServfail(TXT_NAME)
  await years.pass(3)
  expect(await now(id)).toMatchObject({ state: 'active', reason: { code: 'DNS_SERVFAIL' }, ownershipMissedAt: null })
  await world.dns.clearServfail(TXT_NAME)
  await years.pass(1.5)
  expect(await now(id)).toMatchObject({ state: 'active', reason: null })

  // The token is rotated by its age; the old one is good while the customer is reminded.
  await years.pass(70)
  const rotating = await now(id)
  expect(rotating).toMatchObject({ state: 'active', reason: { code: 'OWNERSHIP_ROTATING', actor: 'customer' } })
  await years.pass(25)
  expect(await eventsOf(id)).toContain('ownership.rotation_reminder')
  await addRecords(await now(id))
  await years.pass(1.5)
  expect(await now(id)).toMatchObject({ state: 'active', reason: null, verification: { previous: null } })
  expect((await now(id)).verification.token).not.toBe(rotating.verification.previous?.token)

  // The second outage: the record vanishes for half a day. It is told, and forgiven.
  await world.dns.clearTXT(TXT_NAME)
  await registry.check(id)
  await years.pass(0.5)
  expect(await now(id)).toMatchObject({ state: 'active', reason: { code: 'OWNERSHIP_LOST' } })
  await addRecords(await now(id))
  await years.pass(1)
  expect(await now(id)).toMatchObject({ state: 'active', reason: null, ownershipMissedAt: null })

  // Then it is gone for good, it seems: a day later visitors see the holding page.
  await world.dns.clearTXT(TXT_NAME)
  await registry.check(id)
  await years.pass(0.9)
  expect(await now(id)).toMatchObject({ state: 'active' })
  await years.pass(0.2)
  expect(await now(id)).toMatchObject({ state: 'suspended', suspension: 'ownership' })
  expect(await variantServed()).toEqual([{ variant: 'https', target: 'holding' }])

  // Servers that fail while it is suspended end nothing; the record's return ends the suspension.
  await world.dns.setServfail(TXT_NAME)
  await years.pass(5)
  await world.dns.clearServfail(TXT_NAME)
  await addRecords(await now(id))
  await years.pass(0.5)
  expect(await now(id)).toMatchObject({ state: 'active', suspension: null, reason: null })
  expect(await variantServed()).toEqual([{ variant: 'https', target: 'none' }])

  // Half a year is two renewals.
  const renewals = (await eventsOf(id)).filter((type) => type === 'certificate.renewed')
  expect(authority.orders).toHaveLength(1 + renewals.length)
  const orders = authority.orders.length
  expect(orders).toBeGreaterThanOrEqual(2)

  // Leaving, and second thoughts: the certificate is good, and nothing is ordered.
  await registry.remove(id, { immediate: false, revoke: false })
  await years.pass(2)
  expect(await now(id)).toMatchObject({ state: 'deprovisioning', reason: { code: 'OFFBOARDING_GRACE' } })
  expect(await variantServed()).toEqual([])
  await registry.restore(id)
  await years.pass(0.1)
  expect(await now(id)).toMatchObject({ state: 'active', holds: true })
  expect(authority.orders).toHaveLength(orders)

  // Second thoughts once more.
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
  expect(authority.orders, 'the certificate was parked and taken up again').toHaveLength(orders)

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
  await world.dns.setServfail(TXT_NAME)
  await years.pass(3)
  expect(await now(id)).toMatchObject({ state: 'deprovisioning' })
  await world.dns.clearServfail(TXT_NAME)
  await world.dns.clearTXT(TXT_NAME)
  await years.pass(2.5)
  expect(await now(id)).toMatchObject({ state: 'deprovisioned' })
  expect(await eventsOf(id)).toContain('ownership.lost')
})

it('a suspension that nobody ends is followed by leaving', async () => {
  const { id } = await launch()
  await world.dns.clearTXT(TXT_NAME)
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
