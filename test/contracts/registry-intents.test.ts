import { type Domain, type Hostname, type Registry, STATES, type State, done, newDomainId, reason } from '@mooring/core'
import { createDomainStore, createRegistry } from '@mooring/postgres'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { NO_CLOCKS } from '../builders/no-clocks.ts'
import { aDomain } from '../builders/domain.ts'
import { STEP_IN, storeDomainIn } from '../builders/domain-in-state.ts'
import { storeDueDomain } from '../builders/due-domain.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, openAnother } = usePostgres()
const DAY_MS = 86_400_000
let registry: Registry
beforeEach(() => {
  registry = createRegistry(database(), { tokenLifetimeMs: DAY_MS, rotationGraceMs: DAY_MS })
})

const rowOf = (id: string) =>
  database().kysely.selectFrom('domains').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const eventsOf = async (id: string) => (await registry.events(id, { limit: 100, cursor: null })).data
const eventTypesOf = async (id: string) => (await eventsOf(id)).map((event) => event.type)
const waiting = { code: 'DNS_TXT_MISSING', message: 'Not there.', actor: 'customer' } as const
const aDomainIn = (state: State, overrides: Partial<Domain> = {}) => storeDomainIn(database(), state, overrides)

async function publishRoute(id: string, variant: 'http' | 'removed' = 'http'): Promise<void> {
  await sql`
    with pool as (update edge_pools set generation = generation + 1 returning generation),
    pointed as (update domains set route_generation = pool.generation from pool where id = ${id})
    insert into routes (domain_id, hostname, edge_pool, generation, variant, target)
    select id, hostname, edge_pool, pool.generation, ${variant}, target from domains, pool where id = ${id}
  `.execute(database().kysely)
}
const routeOf = (id: string) =>
  database().kysely.selectFrom('routes').selectAll().where('domain_id', '=', id).executeTakeFirst()
const isDueNow = async (id: string) =>
  (
    await sql`select from domains where id = ${id} and next_run_at <= now() and hinted_until is null`.execute(
      database().kysely,
    )
  ).rows.length === 1

describe('create', () => {
  const aNew = (overrides = {}) => ({
    id: newDomainId(),
    hostname: 'shop.example.com' as Hostname,
    tenant: 'acme',
    target: { type: 'none' as const },
    verification: aDomain().verification,
    tls: { mode: 'auto' as const },
    edgePool: 'default',
    metadata: { order: 7 },
    lane: 'interactive' as const,
    ...overrides,
  })

  it('stores a domain that is due now, and its event', async () => {
    const domain = aNew()
    const answer = await registry.create(domain)
    expect(answer).toMatchObject({
      kind: 'created',
      domain: { ...domain, state: 'pending', step: 'accept', attempt: 0, gen: 1, reason: null },
    })
    expect(await isDueNow(domain.id)).toBe(true)
    expect(await eventTypesOf(domain.id)).toEqual(['domain.created'])
  })

  it('names the claim that the tenant has already', async () => {
    const first = aNew()
    await registry.create(first)
    expect(await registry.create(aNew())).toEqual({ kind: 'exists', id: first.id })
  })

  it('gives every tenant a claim of its own, whoever holds the hostname', async () => {
    await registry.create(aNew())
    await sql`update domains set holds = true, state = 'active', step = 'reverify'`.execute(database().kysely)
    expect(await registry.create(aNew({ tenant: 'other' }))).toMatchObject({
      kind: 'created',
      domain: { state: 'pending', holds: false },
    })
  })

  it('gives a tenant one claim for eight requests at the same moment', async () => {
    const others = Array.from({ length: 8 }, () =>
      createRegistry(openAnother(), { tokenLifetimeMs: DAY_MS, rotationGraceMs: DAY_MS }),
    )
    const answers = await Promise.all(others.map((other) => other.create(aNew())))
    const created = answers.filter((answer) => answer.kind === 'created')
    expect(created).toHaveLength(1)
    const id = created[0]?.kind === 'created' && created[0].domain.id
    expect(answers.filter((answer) => answer.kind === 'exists' && answer.id === id)).toHaveLength(7)
  })

  it('gives a tenant a new claim of a hostname that it let go', async () => {
    const left = aNew()
    await registry.create(left)
    await sql`update domains set state = 'deprovisioned', next_run_at = null`.execute(database().kysely)
    expect(await registry.create(aNew())).toMatchObject({ kind: 'created' })
  })

  it('refuses an edge pool that does not exist by the name of the field', async () => {
    await expect(registry.create(aNew({ edgePool: 'mars' }))).rejects.toMatchObject({
      code: 'INVALID',
      facts: { errors: [{ path: 'edge_pool', code: 'EDGE_POOL_UNKNOWN' }] },
    })
  })
})

describe('check', () => {
  it.each(['pending', 'verifying', 'verified', 'provisioning_cert', 'active', 'suspended', 'deprovisioning'] as const)(
    'makes a domain in %s due now, in the urgent lane, hinted or not',
    async (state) => {
      const id = await aDomainIn(state)
      expect(await registry.check(id)).toMatchObject({
        kind: 'applied',
        domain: { state, step: STEP_IN[state], gen: 2, lane: 'interactive', attempt: 3, looks: 0 },
      })
      expect(await isDueNow(id)).toBe(true)
      expect(await eventTypesOf(id)).toEqual(['domain.check_requested'])
    },
  )

  it.each(['failed', 'deprovisioned'] as const)('leaves a domain at rest in %s as it is', async (state) => {
    const id = await aDomainIn(state)
    const before = await rowOf(id)
    expect(await registry.check(id)).toMatchObject({ kind: 'applied', domain: { state, gen: 1, nextRunAt: null } })
    expect(await rowOf(id)).toEqual(before)
    expect(await eventsOf(id)).toEqual([])
  })

  it('looks at once for the records of a domain that was let go, while it is watched', async () => {
    const id = await aDomainIn('deprovisioned')
    await sql`update domains set next_run_at = now() + interval '1 d' where id = ${id}`.execute(database().kysely)
    expect(await registry.check(id)).toMatchObject({ domain: { step: 'watch_dangling', gen: 2 } })
    expect(await isDueNow(id)).toBe(true)
  })

  it('looks at a suspended domain that waits for a person alone', async () => {
    const id = await aDomainIn('suspended')
    await sql`update domains set next_run_at = null where id = ${id}`.execute(database().kysely)
    expect(await registry.check(id)).toMatchObject({ domain: { step: 'await_return', gen: 2 } })
    expect(await isDueNow(id)).toBe(true)
  })

  it('lets an active domain that confirms a change go on with it', async () => {
    const id = await aDomainIn('active', { step: 'confirm_change' })
    expect(await registry.check(id)).toMatchObject({ kind: 'applied', domain: { step: 'confirm_change', gen: 2 } })
    expect(await isDueNow(id)).toBe(true)
  })

  it('proves again what an older release left at rest for good', async () => {
    const id = await aDomainIn('active', { step: 'confirm_change' })
    await sql`update domains set next_run_at = null where id = ${id}`.execute(database().kysely)
    expect(await registry.check(id)).toMatchObject({ kind: 'applied', domain: { step: 'reverify', gen: 2 } })
  })
})

describe('retry', () => {
  it.each([
    ['finalize_order', 'provisioning_cert'],
    ['verify_routing', 'verifying'],
    ['settle', 'verified'],
    ['confirm_withdrawal', 'deprovisioning'],
  ] as const)('takes a domain that failed at %s back to %s with fresh attempts', async (step, state) => {
    const id = await aDomainIn('failed', { step })
    expect(await registry.retry(id)).toMatchObject({
      kind: 'applied',
      domain: { state, step, attempt: 0, looks: 0, reason: null, gen: 2, lane: 'interactive' },
    })
    expect(await isDueNow(id)).toBe(true)
    expect(await eventsOf(id)).toMatchObject([{ type: `domain.${state}`, actor: 'api', data: { from: 'failed' } }])
  })

  it('gives a domain whose token expired a fresh time to prove ownership in', async () => {
    const id = await aDomainIn('failed', { step: 'verify_ownership' })
    const answer = await registry.retry(id)
    const verification = answer.kind === 'applied' ? answer.domain.verification : null
    expect(verification?.expiresAt.getTime()).toBeGreaterThan(Date.now() + DAY_MS - 60_000)
    expect(verification?.token).toBe(aDomain().verification.token)
  })

  it.each(STATES.filter((state) => state !== 'failed'))('is refused in %s', async (state) => {
    const id = await aDomainIn(state)
    const before = await rowOf(id)
    expect(await registry.retry(id)).toEqual({ kind: 'wrong_state', state })
    expect(await rowOf(id)).toEqual(before)
  })
})

describe('change', () => {
  const target = { type: 'redirect', url: 'https://new.example/', status: 302 } as const

  it('publishes the route of an active domain anew and goes to see it confirmed', async () => {
    const id = await aDomainIn('active')
    await publishRoute(id)
    expect(await registry.change(id, { target })).toMatchObject({
      kind: 'applied',
      domain: { state: 'active', step: 'confirm_change', target, routeGeneration: 2, gen: 2, attempt: 0, reason: null },
    })
    expect(await routeOf(id)).toMatchObject({ target, generation: 2, variant: 'http' })
    expect(await rowOf(id)).toMatchObject({ route_generation: 2 })
    expect(await isDueNow(id)).toBe(true)
    expect(await eventsOf(id)).toMatchObject([{ type: 'domain.changed', actor: 'api', data: { target } }])
  })

  it('waits for the new generation of a route that is on its way', async () => {
    const id = await aDomainIn('provisioning_cert')
    await publishRoute(id)
    expect(await registry.change(id, { target })).toMatchObject({
      domain: { step: 'confirm_route', routeGeneration: 2, gen: 2 },
    })
    expect(await routeOf(id)).toMatchObject({ target, generation: 2 })
  })

  it('only stores the target of a domain that has no route yet', async () => {
    const id = await aDomainIn('verifying')
    expect(await registry.change(id, { target })).toMatchObject({
      kind: 'applied',
      domain: { state: 'verifying', target, routeGeneration: null, gen: 2 },
    })
    expect(await routeOf(id)).toBeUndefined()
  })

  it('stores metadata of an active domain without waking it', async () => {
    const id = await aDomainIn('active')
    await publishRoute(id)
    expect(await registry.change(id, { metadata: { plan: 'pro' } })).toMatchObject({
      kind: 'applied',
      domain: { metadata: { plan: 'pro' }, step: 'reverify', gen: 1, routeGeneration: 1 },
    })
    expect(await isDueNow(id)).toBe(false)
  })

  it('looks at once where an active domain waits for its lost proof', async () => {
    const id = await aDomainIn('active', { reason: reason('OWNERSHIP_LOST', 'The record is gone.') })
    expect(await registry.change(id, { metadata: {} })).toMatchObject({ domain: { step: 'reverify', gen: 2 } })
    expect(await isDueNow(id)).toBe(true)
  })

  it('keeps the holding page of a suspended domain, and the target for its return', async () => {
    const id = await aDomainIn('suspended')
    await publishRoute(id)
    await sql`update routes set target = '{"type": "holding"}' where domain_id = ${id}`.execute(database().kysely)
    expect(await registry.change(id, { target })).toMatchObject({ domain: { target, routeGeneration: 1 } })
    expect(await routeOf(id)).toMatchObject({ target: { type: 'holding' }, generation: 1 })
  })

  it('leaves the route alone when the target is the same', async () => {
    const id = await aDomainIn('active', { target })
    await publishRoute(id)
    expect(await registry.change(id, { target: { ...target } })).toMatchObject({
      domain: { routeGeneration: 1, gen: 1 },
    })
  })

  it('keeps a failed domain failed, with the new target on its route', async () => {
    const id = await aDomainIn('failed')
    await publishRoute(id)
    expect(await registry.change(id, { target })).toMatchObject({
      domain: { state: 'failed', step: 'finalize_order', nextRunAt: null, reason: waiting, routeGeneration: 2 },
    })
  })

  it('does not bring back a route that was removed', async () => {
    const id = await aDomainIn('failed', { step: 'confirm_withdrawal' })
    await publishRoute(id, 'removed')
    await registry.change(id, { target })
    expect(await routeOf(id)).toMatchObject({ variant: 'removed', generation: 1 })
  })

  it.each(['deprovisioning', 'deprovisioned'] as const)('is refused in %s', async (state) => {
    const id = await aDomainIn(state)
    const before = await rowOf(id)
    expect(await registry.change(id, { target })).toEqual({ kind: 'wrong_state', state })
    expect(await rowOf(id)).toEqual(before)
  })

  it('reaches the route that a worker publishes at the same moment', async () => {
    const domains = await Promise.all(
      Array.from({ length: 12 }, () => storeDueDomain(database(), { state: 'verifying', step: 'verify_ownership' })),
    )
    const store = createDomainStore(openAnother(), { leaseMs: 60_000 })
    const next = { state: 'verified', step: 'settle' } as const
    await Promise.all(
      domains.map(async ({ id }) => {
        const claimed = await store.claim(id, 'worker-a')
        if (claimed.kind !== 'claimed') throw new Error('not due')
        const outcome = done({ route: 'http' })
        await Promise.all([
          store.record(claimed.lease, {
            step: 'verify_ownership',
            outcome,
            next,
            reason: null,
            attempt: 1,
            route: 'http',
            ...NO_CLOCKS,
            due: 'now',
          }),
          registry.change(id, { target }),
        ])
      }),
    )
    const { rows } = await sql`
      select from domains left join routes on domain_id = id
      where domain_id is not null and (routes.target <> domains.target or generation <> route_generation)
    `.execute(database().kysely)
    expect(rows).toEqual([])
  })
})

describe('remove', () => {
  it.each(STATES.filter((state) => !['deprovisioning', 'deprovisioned'].includes(state)))(
    'starts leaving from %s',
    async (state) => {
      const id = await aDomainIn(state)
      expect(await registry.remove(id, { immediate: false, revoke: false })).toMatchObject({
        kind: 'applied',
        domain: {
          state: 'deprovisioning',
          step: 'withdraw_route',
          attempt: 0,
          reason: null,
          deleteAfter: null,
          immediate: false,
          revoke: false,
          gen: 2,
        },
      })
      expect(await isDueNow(id)).toBe(true)
      expect(await eventTypesOf(id)).toEqual(['domain.deprovisioning'])
    },
  )

  it('leaves a domain that is leaving at its step', async () => {
    const id = await aDomainIn('deprovisioning')
    const before = await rowOf(id)
    expect(await registry.remove(id, { immediate: false, revoke: false })).toMatchObject({
      kind: 'applied',
      domain: { gen: 1 },
    })
    expect(await rowOf(id)).toEqual(before)
  })

  it('cuts the grace short when asked again with immediate', async () => {
    const id = await aDomainIn('deprovisioning')
    expect(await registry.remove(id, { immediate: true, revoke: false })).toMatchObject({
      kind: 'applied',
      domain: { step: 'sit_out_grace', immediate: true, gen: 2 },
    })
    expect(await isDueNow(id)).toBe(true)
    expect(await eventTypesOf(id)).toEqual(['domain.grace_cut_short'])
  })

  it.each([true, false])('is refused for a domain that has left (immediate: %s)', async (immediate) => {
    const id = await aDomainIn('deprovisioned')
    expect(await registry.remove(id, { immediate, revoke: false })).toEqual({
      kind: 'wrong_state',
      state: 'deprovisioned',
    })
  })
})

describe('any intent', () => {
  it('says when there is no such domain', async () => {
    const id = newDomainId()
    expect(await registry.check(id)).toEqual({ kind: 'not_found' })
    expect(await registry.retry(id)).toEqual({ kind: 'not_found' })
    expect(await registry.change(id, { metadata: {} })).toEqual({ kind: 'not_found' })
    expect(await registry.remove(id, { immediate: true, revoke: false })).toEqual({ kind: 'not_found' })
    expect(await registry.suspend(id)).toEqual({ kind: 'not_found' })
    expect(await registry.resume(id)).toEqual({ kind: 'not_found' })
    expect(await registry.rotateToken(id)).toEqual({ kind: 'not_found' })
    expect(await registry.restore(id)).toEqual({ kind: 'not_found' })
    expect(await registry.erase(id)).toEqual({ kind: 'not_found' })
    expect(await registry.giveConsent(id, 'partner')).toEqual({ kind: 'not_found' })
    expect(await registry.withdrawConsent(id, 'partner')).toEqual({ kind: 'not_found' })
  })

  it('moves its own domain and leaves every other one as it was', async () => {
    const others: string[] = []
    for (const state of STATES)
      others.push(await aDomainIn(state, { hostname: `${state.replace('_', '-')}.example.com` as Hostname }))
    const before = await Promise.all(others.map(rowOf))
    const change = { target: { type: 'redirect', url: 'https://www.example.com/', status: 302 } } as const
    for (const state of STATES) {
      const intents = [
        registry.check,
        registry.retry,
        (id: string) => registry.change(id, change),
        (id: string) => registry.remove(id, { immediate: true, revoke: true }),
        registry.suspend,
        registry.resume,
        registry.rotateToken,
        registry.restore,
        registry.erase,
        (id: string) => registry.giveConsent(id, 'partner'),
        (id: string) => registry.withdrawConsent(id, 'partner'),
      ]
      for (const [index, intend] of intents.entries()) {
        await intend(
          await aDomainIn(state, { hostname: `${state.replace('_', '-')}-${index}.example.com` as Hostname }),
        )
      }
    }
    expect(await Promise.all(others.map(rowOf))).toEqual(before)
  })

  it('does not bring a domain back before the time a certificate authority set', async () => {
    const because = reason('CA_RATE_LIMITED', 'Too many orders.')
    const id = await aDomainIn('provisioning_cert', { step: 'order_certificate', reason: because })
    const before = await rowOf(id)
    expect(await registry.check(id)).toMatchObject({ kind: 'applied' })
    expect(await rowOf(id)).toEqual(before)
    await sql`update domains set next_run_at = now() where id = ${id}`.execute(database().kysely)
    await registry.check(id)
    expect((await rowOf(id)).gen).toBe(before.gen + 1)
  })

  it('loses none of 20 that arrive at once', async () => {
    const id = await aDomainIn('verifying')
    await Promise.all(Array.from({ length: 20 }, () => registry.check(id)))
    expect((await rowOf(id)).gen).toBe(21)
    expect(await eventsOf(id)).toHaveLength(20)
  })
})

describe('challenges', () => {
  it('are answered for the hostname they were made for only', async () => {
    const { id, hostname } = await storeDueDomain(database())
    await database()
      .kysely.insertInto('challenges')
      .values({ token: 'tok', domain_id: id, hostname, key_authorization: 'tok.thumb' })
      .execute()
    expect(await registry.challengeAnswer('tok', hostname)).toBe('tok.thumb')
    expect(await registry.challengeAnswer('tok', 'other.example.com')).toBeNull()
    expect(await registry.challengeAnswer('nope', hostname)).toBeNull()
  })
})
