import { type Domain, type Registry, STATES, type State } from '@mooring/core'
import { createRegistry } from '@mooring/postgres'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { aDomain } from '../builders/domain.ts'
import { storeDomainIn } from '../builders/domain-in-state.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
const DAY_MS = 86_400_000
const GRACE_MS = 30 * DAY_MS
let registry: Registry
beforeEach(() => {
  registry = createRegistry(database(), { tokenLifetimeMs: 7 * DAY_MS, rotationGraceMs: GRACE_MS })
})

const aDomainIn = (state: State, overrides: Partial<Domain> = {}) => storeDomainIn(database(), state, overrides)
const rowOf = (id: string) =>
  database().kysely.selectFrom('domains').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const eventsOf = async (id: string) => (await registry.events(id, { limit: 100, cursor: null })).data
const { verification } = aDomain()
const PROVED = { ownershipVerifiedAt: new Date('2026-01-02T00:00:00Z') }

async function rotated(id: string) {
  const answer = await registry.rotateToken(id)
  if (answer.kind !== 'applied') throw new Error(answer.kind)
  return answer.domain
}
const near = (at: Date | undefined, expectedMs: number) =>
  expect(Math.abs(Number(at) - expectedMs)).toBeLessThan(60_000)

describe('rotateToken', () => {
  it('makes a new token; the one that was proved stays good for the grace', async () => {
    const id = await aDomainIn('active', PROVED)
    const domain = await rotated(id)
    expect(domain).toMatchObject({ state: 'active', step: 'reverify', gen: 2, looks: 0, lane: 'interactive' })
    const { token, issuedAt, expiresAt, previous, method, routing } = domain.verification
    expect(token).toMatch(/^[0-9a-f]{40}$/)
    expect([method, routing]).toEqual(['txt', true])
    expect(previous).toMatchObject({ token: verification.token, reminders: 0 })
    near(previous?.acceptedUntil, Date.now() + GRACE_MS)
    near(issuedAt, Date.now())
    near(expiresAt, Date.now() + 7 * DAY_MS)
    expect(await eventsOf(id)).toMatchObject([
      { type: 'ownership.rotation_started', data: { accepted_until: previous?.acceptedUntil.toISOString() } },
    ])
  })

  it('takes a token back at once that has never proved anything', async () => {
    const id = await aDomainIn('verifying')
    const { verification: now } = await rotated(id)
    expect(now.token).not.toBe(verification.token)
    expect(now.previous).toBeNull()
  })

  it('keeps the proved token good when it is asked for twice, not the one in between', async () => {
    const id = await aDomainIn('active', PROVED)
    const first = await rotated(id)
    const second = await rotated(id)
    expect(second.verification.previous?.token).toBe(verification.token)
    expect(second.verification.token).not.toBe(first.verification.token)
  })

  it('lets go of an old token whose time is over', async () => {
    const id = await aDomainIn('active', PROVED)
    const first = await rotated(id)
    const past = { ...first.verification, previous: { token: 'old', acceptedUntil: new Date(0), reminders: 3 } }
    await sql`update domains set verification = ${JSON.stringify(past)}::jsonb`.execute(database().kysely)
    expect((await rotated(id)).verification.previous?.token).toBe(first.verification.token)
  })

  it.each([
    ['in a managed zone', 'managed', {}],
    ['that a web server showed once', 'http', PROVED],
  ] as const)('leaves a token %s as it is', async (_, method, facts) => {
    const id = await aDomainIn('active', { ...facts, verification: { ...verification, method } })
    const before = await rowOf(id)
    expect(await registry.rotateToken(id)).toMatchObject({ kind: 'applied', domain: { gen: 1 } })
    expect(await rowOf(id)).toEqual(before)
    expect(await eventsOf(id)).toEqual([])
  })

  it.each(['failed', 'deprovisioning', 'deprovisioned'] as const)('is refused in %s', async (state) => {
    const id = await aDomainIn(state)
    const before = await rowOf(id)
    expect(await registry.rotateToken(id)).toEqual({ kind: 'wrong_state', state })
    expect(await rowOf(id)).toEqual(before)
  })
})

describe('consent', () => {
  const consentsOf = async (id: string) => (await registry.find(id))?.consents

  it('is given once and withdrawn once, and wakes nobody', async () => {
    const id = await aDomainIn('active')
    for (let i = 0; i < 2; i++) {
      expect(await registry.giveConsent(id, 'partner')).toMatchObject({ kind: 'applied', domain: { gen: 1 } })
    }
    expect(await consentsOf(id)).toEqual(['partner'])
    for (let i = 0; i < 2; i++) expect(await registry.withdrawConsent(id, 'partner')).toMatchObject({ kind: 'applied' })
    expect(await consentsOf(id)).toEqual([])
    expect((await eventsOf(id)).map(({ type, data }) => [type, data])).toEqual([
      ['domain.consent_withdrawn', { tenant: 'partner' }],
      ['domain.consent_given', { tenant: 'partner' }],
    ])
  })

  it('is nothing a tenant gives itself', async () => {
    const id = await aDomainIn('active', { tenant: 'mine' })
    await expect(registry.giveConsent(id, 'mine')).rejects.toMatchObject({
      code: 'INVALID',
      facts: { errors: [{ path: 'tenant', code: 'CONSENT_TO_ITSELF' }] },
    })
    expect(await consentsOf(id)).toEqual([])
  })

  it.each(STATES.filter((state) => ['pending', 'verifying', 'failed', 'deprovisioned'].includes(state)))(
    'is nobody’s to give who does not hold the name (%s)',
    async (state) => {
      const id = await aDomainIn(state)
      expect(await registry.giveConsent(id, 'partner')).toEqual({ kind: 'wrong_state', state })
      expect(await registry.withdrawConsent(id, 'partner')).toEqual({ kind: 'wrong_state', state })
      expect(await consentsOf(id)).toEqual([])
    },
  )
})
