import { type Domain, type Registry, STATES, type State } from '@mooring/core'
import { createRegistry } from '@mooring/postgres'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { storeDomainIn } from '../builders/domain-in-state.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
let registry: Registry
beforeEach(() => {
  registry = createRegistry(database(), { tokenLifetimeMs: 1000, rotationGraceMs: 1000 })
})

const aDomainIn = (state: State, overrides: Partial<Domain> = {}) => storeDomainIn(database(), state, overrides)
const rowOf = (id: string) =>
  database().kysely.selectFrom('domains').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const eventsOf = async (id: string) => (await registry.events(id, { limit: 100, cursor: null })).data
const isDueNow = async (id: string) =>
  (await sql`select from domains where id = ${id} and next_run_at <= now()`.execute(database().kysely)).rows.length ===
  1

describe('suspend', () => {
  it('sends an active domain to its holding page, and says who did it', async () => {
    const id = await aDomainIn('active')
    expect(await registry.suspend(id)).toMatchObject({
      kind: 'applied',
      domain: {
        state: 'suspended',
        step: 'publish_holding',
        suspension: 'operator',
        reason: { code: 'SUSPENDED_BY_OPERATOR', actor: 'operator' },
        attempt: 0,
        gen: 2,
        holds: true,
      },
    })
    expect(await isDueNow(id)).toBe(true)
    expect(await eventsOf(id)).toMatchObject([{ type: 'domain.suspended', actor: 'api', data: { from: 'active' } }])
  })

  it.each(STATES.filter((state) => state !== 'active'))('is refused in %s', async (state) => {
    const id = await aDomainIn(state)
    const before = await rowOf(id)
    expect(await registry.suspend(id)).toEqual({ kind: 'wrong_state', state })
    expect(await rowOf(id)).toEqual(before)
  })
})

describe('resume', () => {
  it('publishes the route of a domain that a person suspended again', async () => {
    const id = await aDomainIn('suspended', { suspension: 'operator' })
    await sql`update domains set next_run_at = null where id = ${id}`.execute(database().kysely)
    expect(await registry.resume(id)).toMatchObject({
      kind: 'applied',
      domain: { state: 'suspended', step: 'republish_route', suspension: null, reason: null, attempt: 0, gen: 2 },
    })
    expect(await isDueNow(id)).toBe(true)
    expect(await eventsOf(id)).toMatchObject([{ type: 'domain.resume_requested', actor: 'api' }])
  })

  it('looks at once for a proof that was lost, and ends nothing without it', async () => {
    const id = await aDomainIn('suspended', { suspension: 'ownership' })
    expect(await registry.resume(id)).toMatchObject({
      kind: 'applied',
      domain: { state: 'suspended', step: 'await_return', suspension: 'ownership', looks: 0, gen: 2 },
    })
    expect(await isDueNow(id)).toBe(true)
  })

  it('leaves a domain that is on its way back at its step', async () => {
    const id = await aDomainIn('suspended', { step: 'confirm_return', suspension: null })
    expect(await registry.resume(id)).toMatchObject({ domain: { step: 'confirm_return', attempt: 3 } })
  })

  it.each(STATES.filter((state) => state !== 'suspended'))('is refused in %s', async (state) => {
    const id = await aDomainIn(state)
    expect(await registry.resume(id)).toEqual({ kind: 'wrong_state', state })
  })
})
