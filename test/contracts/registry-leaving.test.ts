import { type Domain, type Registry, STATES, type State } from '@mooring/core'
import { createRegistry } from '@mooring/postgres'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { storeDomainIn } from '../builders/domain-in-state.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
const DAY_MS = 86_400_000
let registry: Registry
beforeEach(() => {
  registry = createRegistry(database(), { tokenLifetimeMs: DAY_MS, rotationGraceMs: DAY_MS })
})

const aDomainIn = (state: State, overrides: Partial<Domain> = {}) => storeDomainIn(database(), state, overrides)
const rowOf = (id: string) =>
  database().kysely.selectFrom('domains').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const eventsOf = async (id: string) => (await registry.events(id, { limit: 100, cursor: null })).data
const isDueNow = async (id: string) =>
  (await sql`select from domains where id = ${id} and next_run_at <= now()`.execute(database().kysely)).rows.length ===
  1

describe('remove with revoke', () => {
  it('asks for the revocation from the start, or later', async () => {
    const [first, later] = [await aDomainIn('active'), await aDomainIn('active')]
    expect(await registry.remove(first, { immediate: false, revoke: true })).toMatchObject({
      domain: { state: 'deprovisioning', immediate: false, revoke: true },
    })
    await registry.remove(later, { immediate: true, revoke: false })
    expect(await registry.remove(later, { immediate: false, revoke: true })).toMatchObject({
      domain: { immediate: true, revoke: true, gen: 3 },
    })
    expect((await eventsOf(later)).map(({ type }) => type)).toEqual([
      'domain.revocation_requested',
      'domain.deprovisioning',
    ])
  })
})

describe('restore', () => {
  it.each(['withdraw_route', 'confirm_withdrawal', 'remove_records', 'sit_out_grace'] as const)(
    'launches a domain again that is leaving at %s, with the token it has',
    async (step) => {
      const id = await aDomainIn('deprovisioning', {
        step,
        immediate: true,
        revoke: true,
        suspension: 'operator',
        ownershipMissedAt: new Date(),
        deleteAfter: new Date(),
      })
      const { verification: before } = await rowOf(id)
      const answer = await registry.restore(id)
      expect(answer).toMatchObject({
        kind: 'applied',
        domain: {
          state: 'pending',
          step: 'accept',
          attempt: 0,
          looks: 0,
          reason: null,
          deleteAfter: null,
          immediate: false,
          revoke: false,
          suspension: null,
          ownershipMissedAt: null,
          holds: true,
          gen: 2,
          verification: { token: before.token },
        },
      })
      const expiresAt = answer.kind === 'applied' ? answer.domain.verification.expiresAt.getTime() : 0
      expect(expiresAt).toBeGreaterThan(Date.now() + DAY_MS - 60_000)
      expect(await isDueNow(id)).toBe(true)
      expect(await eventsOf(id)).toMatchObject([{ type: 'domain.restored', actor: 'api' }])
    },
  )

  it.each(['hand_over', 'revoke_certificate', 'release'] as const)('is refused at %s', async (step) => {
    const id = await aDomainIn('deprovisioning', { step })
    const before = await rowOf(id)
    expect(await registry.restore(id)).toEqual({ kind: 'wrong_state', state: 'deprovisioning' })
    expect(await rowOf(id)).toEqual(before)
  })

  it('is refused for a domain that never held its name, or does not any more', async () => {
    const id = await aDomainIn('deprovisioning', { holds: false })
    expect(await registry.restore(id)).toEqual({ kind: 'wrong_state', state: 'deprovisioning' })
  })

  it.each(STATES.filter((state) => state !== 'deprovisioning'))('is refused in %s', async (state) => {
    expect(await registry.restore(await aDomainIn(state))).toEqual({ kind: 'wrong_state', state })
  })
})

describe('erase', () => {
  const target = { type: 'redirect', url: 'https://jane.example/', status: 302 } as const

  it('forgets what a person typed of a domain that left, wherever it was written, and keeps what happened', async () => {
    const id = await aDomainIn('active', { metadata: { owner: 'jane' } })
    await registry.change(id, { target, metadata: { owner: 'jane doe' } })
    await registry.giveConsent(id, 'jane-inc')
    await sql`
      with pool as (update edge_pools set generation = 1)
      insert into routes (domain_id, hostname, edge_pool, generation, variant, target)
      select id, hostname, edge_pool, 1, 'removed', target from domains`.execute(database().kysely)
    await sql`
      update domains set state = 'deprovisioned', step = 'watch_dangling', holds = false, next_run_at = null
    `.execute(database().kysely)
    expect(await registry.erase(id)).toMatchObject({
      kind: 'applied',
      domain: { target: { type: 'none' }, metadata: {}, nextRunAt: null, gen: 1 },
    })
    expect((await eventsOf(id)).map(({ type, data }) => [type, data])).toEqual([
      ['domain.erased', {}],
      ['domain.consent_given', { tenant: 'jane-inc' }],
      ['domain.changed', {}],
    ])
    const { rows } = await sql<{ text: string }>`
      select (select jsonb_agg(d)::text from domains d) || (select jsonb_agg(r)::text from routes r) as text
    `.execute(database().kysely)
    expect(rows[0]?.text).not.toContain('jane')
    expect(await registry.find(id)).toMatchObject({ consents: [] })
  })

  it('is one event, however often it is asked for', async () => {
    const id = await aDomainIn('deprovisioned')
    await registry.erase(id)
    expect(await registry.erase(id)).toMatchObject({ kind: 'applied' })
    expect(await eventsOf(id)).toHaveLength(1)
  })

  it.each(STATES.filter((state) => state !== 'deprovisioned'))('is refused in %s', async (state) => {
    const id = await aDomainIn(state)
    const before = await rowOf(id)
    expect(await registry.erase(id)).toEqual({ kind: 'wrong_state', state })
    expect(await rowOf(id)).toEqual(before)
  })
})
