import { type ClaimAnswer, type DomainStore, type Lease, wait, reason } from '@mooring/core'
import { type Database, createDomainStore } from '@mooring/postgres'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { NO_CLOCKS } from '../builders/no-clocks.ts'
import { storeDueDomain } from '../builders/due-domain.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, openAnother } = usePostgres()
let store: DomainStore
beforeEach(() => {
  store = createDomainStore(database(), { leaseMs: 60_000 })
})

const leaseOf = (answer: ClaimAnswer): Lease => {
  if (answer.kind !== 'claimed') throw new Error('the domain was not due')
  return answer.lease
}
const rowOf = (id: string) =>
  database().kysely.selectFrom('domains').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const attemptsOf = (id: string) =>
  database()
    .kysely.selectFrom('attempts')
    .select(['step', 'worker', 'outcome', 'lease_token', 'finished_at'])
    .where('domain_id', '=', id)
    .orderBy('id')
    .execute()
const leaseRunsOut = (id: string, { kysely }: Database = database()) =>
  sql`update domains set lease_until = now() - interval '1 second' where id = ${id}`.execute(kysely)

describe('claim', () => {
  it('leases a due domain, counts the attempt and opens it', async () => {
    const { id } = await storeDueDomain(database(), { state: 'verifying', step: 'verify_routing', attempt: 2 })
    const answer = await store.claim(id, 'worker-a')
    expect(answer).toMatchObject({
      kind: 'claimed',
      lease: { domainId: id, gen: 1, worker: 'worker-a' },
      domain: { id, state: 'verifying', step: 'verify_routing', attempt: 3 },
    })
    expect(await attemptsOf(id)).toMatchObject([{ step: 'verify_routing', worker: 'worker-a', outcome: 'running' }])
    expect((await rowOf(id)).lease_until?.getTime()).toBeGreaterThan(Date.now() + 50_000)
  })

  it('reads a domain that the release before wrote', async () => {
    const { id } = await storeDueDomain(database(), { state: 'verifying', step: 'verify_ownership' })
    const old = JSON.stringify({ method: 'txt', token: 'abc_-', expiresAt: '2026-01-08T00:00:00.000Z' })
    await sql`update domains set verification = ${old}::jsonb where id = ${id}`.execute(database().kysely)
    const answer = await store.claim(id, 'worker-a')
    if (answer.kind !== 'claimed') throw new Error('not due')
    expect(answer.domain.verification).toEqual({
      method: 'txt',
      routing: true,
      token: 'abc_-',
      issuedAt: answer.domain.createdAt,
      expiresAt: new Date('2026-01-08T00:00:00Z'),
      previous: null,
    })
  })

  it('gives a domain to one of 32 workers that arrive together', async () => {
    const { id } = await storeDueDomain(database())
    const stores = Array.from({ length: 4 }, () => createDomainStore(openAnother(), { leaseMs: 60_000 }))
    const arrivals = Array.from({ length: 8 }, (_, i) => stores.map((each, j) => each.claim(id, `worker-${i}-${j}`)))
    const answers = await Promise.all(arrivals.flat())
    expect(answers.filter((answer) => answer.kind === 'claimed')).toHaveLength(1)
    expect(await rowOf(id)).toMatchObject({ attempt: 1, lease_token: 2 })
    expect(await attemptsOf(id)).toHaveLength(1)
  })

  it.each([
    ['due later', `next_run_at = now() + interval '1 hour'`],
    ['at rest', 'next_run_at = null'],
    ['held by another worker', `lease_until = now() + interval '1 minute'`],
  ])('leaves a domain alone that is %s', async (_, set) => {
    const { id } = await storeDueDomain(database())
    await sql`update domains set ${sql.raw(set)} where id = ${id}`.execute(database().kysely)
    expect(await store.claim(id, 'worker-a')).toEqual({ kind: 'not_due' })
    expect(await attemptsOf(id)).toEqual([])
  })

  it('has no answer but not_due for a domain that does not exist', async () => {
    expect(await store.claim('dom_none', 'worker-a')).toEqual({ kind: 'not_due' })
  })

  it.each(['state', 'step'] as const)('leaves a domain with an unknown %s alone and says so', async (column) => {
    const warnings: unknown[] = []
    const log = { ...database().log, warn: (facts: object) => void warnings.push(facts) }
    const { id } = await storeDueDomain(database())
    await sql`update domains set ${sql.ref(column)} = 'from_the_future' where id = ${id}`.execute(database().kysely)
    const before = await rowOf(id)
    const answer = await createDomainStore({ ...database(), log }, { leaseMs: 60_000 }).claim(id, 'worker-a')
    expect(answer).toEqual({ kind: 'not_due' })
    expect(await rowOf(id)).toEqual(before)
    expect(warnings).toMatchObject([{ domainId: id, [column]: 'from_the_future' }])
  })

  it('takes over from a dead worker, counts both and calls the first attempt lost', async () => {
    const { id } = await storeDueDomain(database())
    const dead = leaseOf(await store.claim(id, 'worker-a'))
    await leaseRunsOut(id)
    const alive = leaseOf(await store.claim(id, 'worker-b'))
    expect(alive.token).toBeGreaterThan(dead.token)
    expect((await rowOf(id)).attempt).toBe(2)
    expect(await attemptsOf(id)).toMatchObject([
      { worker: 'worker-a', outcome: 'lost', finished_at: expect.any(Date) },
      { worker: 'worker-b', outcome: 'running', finished_at: null },
    ])
  })

  it('takes the hint back that led to it', async () => {
    const { id } = await storeDueDomain(database())
    await sql`update domains set hinted_until = now() + interval '30 s' where id = ${id}`.execute(database().kysely)
    await store.claim(id, 'worker-a')
    expect((await rowOf(id)).hinted_until).toBeNull()
  })
})

describe('heartbeat', () => {
  it('extends the lease', async () => {
    const { id } = await storeDueDomain(database())
    const lease = leaseOf(await store.claim(id, 'worker-a'))
    await sql`update domains set lease_until = now() + interval '1 second' where id = ${id}`.execute(database().kysely)
    expect(await store.heartbeat(lease)).toBe(true)
    expect((await rowOf(id)).lease_until?.getTime()).toBeGreaterThan(Date.now() + 50_000)
  })

  it('extends a lease that ran out while nobody else has claimed', async () => {
    const { id } = await storeDueDomain(database())
    const lease = leaseOf(await store.claim(id, 'worker-a'))
    await leaseRunsOut(id)
    expect(await store.heartbeat(lease)).toBe(true)
    expect(await store.claim(id, 'worker-b')).toEqual({ kind: 'not_due' })
  })

  it('says that the lease is lost when another worker has claimed', async () => {
    const { id } = await storeDueDomain(database())
    const stale = leaseOf(await store.claim(id, 'worker-a'))
    await leaseRunsOut(id)
    await store.claim(id, 'worker-b')
    const before = await rowOf(id)
    expect(await store.heartbeat(stale)).toBe(false)
    expect(await rowOf(id)).toEqual(before)
  })

  it('does not bring back a lease that was given up', async () => {
    const { id } = await storeDueDomain(database())
    const lease = leaseOf(await store.claim(id, 'worker-a'))
    const later = wait(new Date(Date.now() + 60_000), reason('DNS_TXT_MISSING', 'Not there.'))
    const next = { state: 'pending', step: 'accept' } as const
    await store.record(lease, {
      step: 'accept',
      outcome: later,
      next,
      reason: null,
      attempt: 0,
      route: null,
      ...NO_CLOCKS,
      due: new Date(Date.now() + 60_000),
    })
    expect(await store.heartbeat(lease)).toBe(false)
    expect((await rowOf(id)).lease_until).toBeNull()
  })
})

describe('release', () => {
  it('gives the domain back due now, its attempt uncounted', async () => {
    const { id } = await storeDueDomain(database(), { attempt: 1 })
    const lease = leaseOf(await store.claim(id, 'worker-a'))
    await store.release(lease)
    expect(await rowOf(id)).toMatchObject({ attempt: 1, lease_until: null, leased_by: null, state: 'pending' })
    expect(await attemptsOf(id)).toMatchObject([{ outcome: 'superseded', finished_at: expect.any(Date) }])
    expect(await store.claim(id, 'worker-b')).toMatchObject({ kind: 'claimed' })
  })

  it('changes nothing for a worker that lost the domain', async () => {
    const { id } = await storeDueDomain(database())
    const stale = leaseOf(await store.claim(id, 'worker-a'))
    await leaseRunsOut(id)
    await store.claim(id, 'worker-b')
    const before = await rowOf(id)
    await store.release(stale)
    expect(await rowOf(id)).toEqual(before)
    expect((await attemptsOf(id)).at(-1)).toMatchObject({ worker: 'worker-b', outcome: 'running' })
  })
})
