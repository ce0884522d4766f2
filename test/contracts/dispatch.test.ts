import { type Dispatch, type Domain, type Hint, wait, reason } from '@mooring/core'
import { createDispatch, createDomainStore, createRegistry } from '@mooring/postgres'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { NO_CLOCKS } from '../builders/no-clocks.ts'
import { storeDueDomain } from '../builders/due-domain.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, openAnother } = usePostgres()
const OPTIONS = { hintSeconds: 30, tenantInFlight: 3 }
let dispatch: Dispatch
beforeEach(() => {
  dispatch = createDispatch(database(), OPTIONS)
})

const run = (text: ReturnType<typeof sql>) => text.execute(database().kysely)

/** Due domains of a tenant, the first one due longest. */
async function dueOf(tenant: string, count: number, overrides: Partial<Domain> = {}): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < count; i++) {
    const nextRunAt = new Date(Date.now() - 60_000 + i)
    ids.push((await storeDueDomain(database(), { tenant, nextRunAt, ...overrides })).id)
  }
  return ids
}
const idsOf = (hints: Hint[]) => hints.map((hint) => hint.domainId)

describe('takeDue', () => {
  it('hints a due domain once, in its lane', async () => {
    const [urgent] = await dueOf('a', 1, { lane: 'interactive' })
    const [normal] = await dueOf('b', 1, { lane: 'normal' })
    const hints = await dispatch.takeDue({ limit: 10 })
    expect(hints).toHaveLength(2)
    expect(hints).toEqual(
      expect.arrayContaining([
        { domainId: urgent, lane: 'interactive' },
        { domainId: normal, lane: 'normal' },
      ]),
    )
    expect(await dispatch.takeDue({ limit: 10 })).toEqual([])
  })

  it('hints again when nobody took the hint up in time', async () => {
    const [id] = await dueOf('a', 1)
    await dispatch.takeDue({ limit: 1 })
    await run(sql`update domains set hinted_until = now() - interval '1 ms'`)
    expect(idsOf(await dispatch.takeDue({ limit: 1 }))).toEqual([id])
  })

  it('leaves alone what is not due, at rest, or held by a live worker', async () => {
    const [later, resting, held, dead] = await dueOf('a', 4)
    await run(sql`update domains set next_run_at = now() + interval '1 h' where id = ${later}`)
    await run(sql`update domains set next_run_at = null where id = ${resting}`)
    await run(sql`update domains set lease_until = now() + interval '1 min' where id = ${held}`)
    await run(sql`update domains set lease_until = now() - interval '1 s' where id = ${dead}`)
    expect(idsOf(await dispatch.takeDue({ limit: 10 }))).toEqual([dead])
  })

  it('still hints what only a newer release understands', async () => {
    const [id] = await dueOf('a', 1)
    await run(sql`update domains set state = 'from_the_future'`)
    expect(idsOf(await dispatch.takeDue({ limit: 10 }))).toEqual([id])
  })

  it('takes turns across tenants, longest due first within each', async () => {
    const a = await dueOf('a', 6)
    const b = await dueOf('b', 2)
    const c = await dueOf('c', 1)
    const hints = idsOf(await dispatch.takeDue({ limit: 5 }))
    expect(new Set(hints.slice(0, 3))).toEqual(new Set([a[0], b[0], c[0]]))
    expect(new Set(hints.slice(3))).toEqual(new Set([a[1], b[1]]))
  })

  it('lets a tenant with one domain go before one with many in flight', async () => {
    await dueOf('big', 8)
    await dispatch.takeDue({ limit: 3 })
    const [small] = await dueOf('small', 1)
    expect(idsOf(await dispatch.takeDue({ limit: 1 }))).toEqual([small])
  })

  it('holds a tenant to its cap while others wait', async () => {
    const big = await dueOf('big', 10)
    const small = await dueOf('small', 5)
    const hints = idsOf(await dispatch.takeDue({ limit: 6 }))
    expect(hints.filter((id) => big.includes(id))).toHaveLength(3)
    expect(hints.filter((id) => small.includes(id))).toHaveLength(3)
  })

  it('counts what a tenant has leased towards its cap', async () => {
    const big = await dueOf('big', 6)
    const store = createDomainStore(database(), { leaseMs: 60_000 })
    for (const id of big.slice(0, 3)) await store.claim(id, 'worker-a')
    const small = await dueOf('small', 3)
    expect(new Set(idsOf(await dispatch.takeDue({ limit: 3 })))).toEqual(new Set(small))
  })

  it('fills the queue with one tenant beyond its cap when nobody else waits', async () => {
    await dueOf('big', 10)
    expect(await dispatch.takeDue({ limit: 8 })).toHaveLength(8)
  })

  it('takes only the domains it is asked for', async () => {
    const [first, second] = await dueOf('a', 3)
    expect(idsOf(await dispatch.takeDue({ limit: 10, only: [String(second)] }))).toEqual([second])
    expect(await dispatch.takeDue({ limit: 10, only: [String(second)] })).toEqual([])
    expect(await dispatch.takeDue({ limit: 10, only: [] })).toEqual([])
    expect(idsOf(await dispatch.takeDue({ limit: 1 }))).toEqual([first])
  })

  it('hints no domain twice however many ask at once', async () => {
    await dueOf('a', 40)
    await dueOf('b', 20)
    const others = Array.from({ length: 8 }, () => createDispatch(openAnother(), OPTIONS))
    const taken: string[] = []
    await Promise.all(
      others.map(async (other) => {
        for (let round = 0; round < 6; round++) taken.push(...idsOf(await other.takeDue({ limit: 5 })))
      }),
    )
    taken.push(...idsOf(await dispatch.takeDue({ limit: 100 })))
    expect(taken).toHaveLength(60)
    expect(new Set(taken).size).toBe(60)
  })

  it('hints at once what an intent made due, though an older hint is under way', async () => {
    const [id] = await dueOf('a', 1)
    await dispatch.takeDue({ limit: 1 })
    await createRegistry(database(), { tokenLifetimeMs: 1000, rotationGraceMs: 1000 }).check(String(id))
    expect(await dispatch.takeDue({ limit: 1, only: [String(id)] })).toEqual([{ domainId: id, lane: 'interactive' }])
  })

  it('hints again what a stopping worker gave back', async () => {
    const [id] = await dueOf('a', 1)
    await dispatch.takeDue({ limit: 1 })
    const store = createDomainStore(database(), { leaseMs: 60_000 })
    const claimed = await store.claim(String(id), 'worker-a')
    if (claimed.kind === 'claimed') await store.release(claimed.lease)
    expect(idsOf(await dispatch.takeDue({ limit: 1 }))).toEqual([id])
  })
})

describe('nextDueAt', () => {
  it('is null when nothing waits', async () => {
    expect(await dispatch.nextDueAt()).toBeNull()
    await storeDueDomain(database(), { nextRunAt: null, state: 'active', step: 'confirm_change' })
    expect(await dispatch.nextDueAt()).toBeNull()
  })

  it('is the earliest due time', async () => {
    const soon = new Date(Date.now() + 60_000)
    await storeDueDomain(database(), { nextRunAt: new Date(Date.now() + 120_000) })
    await storeDueDomain(database(), { nextRunAt: soon })
    expect(await dispatch.nextDueAt()).toEqual(soon)
  })

  it('is when the hint runs out for what is hinted', async () => {
    await dueOf('a', 1)
    expect(Number(await dispatch.nextDueAt())).toBeLessThan(Date.now())
    await dispatch.takeDue({ limit: 1 })
    const inMs = Number(await dispatch.nextDueAt()) - Date.now()
    expect(inMs).toBeGreaterThan(25_000)
    expect(inMs).toBeLessThanOrEqual(31_000)
  })

  it('is when the lease runs out for what a worker holds', async () => {
    const [id] = await dueOf('a', 1)
    await createDomainStore(database(), { leaseMs: 600_000 }).claim(String(id), 'worker-a')
    const inMs = Number(await dispatch.nextDueAt()) - Date.now()
    expect(inMs).toBeGreaterThan(590_000)
  })

  it('is the time a worker decided when it waits', async () => {
    const [id] = await dueOf('a', 1)
    const store = createDomainStore(database(), { leaseMs: 60_000 })
    const claimed = await store.claim(String(id), 'worker-a')
    if (claimed.kind !== 'claimed') throw new Error('not due')
    const due = new Date(Date.now() + 90_000)
    const outcome = wait(due, reason('DNS_TXT_MISSING', 'Not there.'))
    const next = { state: 'pending', step: 'accept' } as const
    await store.record(claimed.lease, {
      step: 'accept',
      outcome,
      next,
      reason: null,
      attempt: 0,
      route: null,
      ...NO_CLOCKS,
      due,
    })
    expect(await dispatch.nextDueAt()).toEqual(due)
  })

  it('is not before the row is due, to the microsecond', async () => {
    const [id] = await dueOf('a', 1)
    await run(sql`update domains set next_run_at = '2026-11-20T10:00:00.000001Z' where id = ${id}`)
    expect(await dispatch.nextDueAt()).toEqual(new Date('2026-11-20T10:00:00.001Z'))
  })
})
