import { done, reason, type Transition, wait } from '@mooring/core'
import { createDomainStore, createEdgeRegistry, createRegistry, createTraceStore } from '@mooring/postgres'
import { describe, expect, it } from 'vitest'
import { storeDueDomain } from '../builders/due-domain.ts'
import { NO_CLOCKS } from '../builders/no-clocks.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
const store = () => createDomainStore(database(), { leaseMs: 60_000 })
const traces = () => createTraceStore(database())

const REQUEST = `00-${'a'.repeat(32)}-${'1'.repeat(16)}-01`
const LATER = `00-${'b'.repeat(32)}-${'2'.repeat(16)}-01`
const STEP = `00-${'c'.repeat(32)}-${'3'.repeat(16)}-01`
const UNTOLD = `00-${'d'.repeat(32)}-${'4'.repeat(16)}-00`
const SOON = new Date(Date.now() + 60_000)
const WAITS: Transition = {
  step: 'verify_ownership',
  outcome: wait(SOON, reason('DNS_TXT_MISSING', 'There is no TXT record.')),
  next: { state: 'verifying', step: 'verify_ownership' },
  reason: reason('DNS_TXT_MISSING', 'There is no TXT record.'),
  attempt: 0,
  route: null,
  due: SOON,
  ...NO_CLOCKS,
}
const RESTS: Transition = {
  ...WAITS,
  outcome: done(),
  next: { state: 'active', step: 'reverify' },
  reason: null,
  reverifyAt: SOON,
}

const traceOf = async (id: string) =>
  (await database().pool.query('select traceparent from domain_traces where domain_id = $1', [id])).rows[0]
    ?.traceparent ?? null
const traceIdsOf = async (id: string) => {
  const registry = createRegistry(database(), { tokenLifetimeMs: 1000, rotationGraceMs: 1000 })
  return (await registry.attempts(id, { limit: 10, cursor: null })).data.map(({ traceId }) => traceId)
}
const aDue = () => storeDueDomain(database(), { state: 'verifying', step: 'verify_ownership' })

async function claimed(id: string) {
  const answer = await store().claim(id, 'worker-a')
  if (answer.kind !== 'claimed') throw new Error('the domain was not due')
  return answer
}

describe('the trace of a domain’s work', () => {
  it('is handed to whoever claims it, and goes on while the domain waits', async () => {
    const { id } = await aDue()
    await traces().join([id], REQUEST)
    const { lease, traceparent } = await claimed(id)
    expect(traceparent).toBe(REQUEST)
    await store().record(lease, { ...WAITS, traceparent: STEP })
    expect(await traceOf(id)).toBe(REQUEST)
    expect(await traceIdsOf(id)).toEqual(['c'.repeat(32)])
  })

  it('begins with the first step where nobody asked for it', async () => {
    const { id } = await aDue()
    const { lease, traceparent } = await claimed(id)
    expect(traceparent).toBeUndefined()
    await store().record(lease, { ...WAITS, traceparent: STEP })
    expect(await traceOf(id)).toBe(STEP)
  })

  it('ends when the domain rests', async () => {
    const { id } = await aDue()
    await traces().join([id], REQUEST)
    const { lease } = await claimed(id)
    await store().record(lease, { ...RESTS, traceparent: STEP })
    expect(await traceOf(id)).toBeNull()
  })

  it('is the newer request’s when one comes during a step', async () => {
    const { id } = await aDue()
    await traces().join([id], REQUEST)
    const { lease } = await claimed(id)
    await createRegistry(database(), { tokenLifetimeMs: 1000, rotationGraceMs: 1000 }).check(id)
    await traces().join([id], LATER)
    expect(await store().record(lease, { ...RESTS, traceparent: STEP })).toEqual({ kind: 'superseded' })
    expect(await traceOf(id)).toBe(LATER)
  })

  it('that is not told of goes on, and no attempt leads to it', async () => {
    const { id } = await aDue()
    const { lease } = await claimed(id)
    await store().record(lease, { ...WAITS, traceparent: UNTOLD })
    expect(await traceOf(id)).toBe(UNTOLD)
    expect(await traceIdsOf(id)).toEqual([null])
  })

  it('is not joined by a domain that the request did not wake', async () => {
    const { id } = await aDue()
    const { lease } = await claimed(id)
    await store().record(lease, RESTS)
    await traces().join([id], REQUEST)
    expect(await traceOf(id)).toBeNull()
  })

  it('reaches the edges beside the route, and only while the work goes on', async () => {
    const { id } = await aDue()
    await traces().join([id], REQUEST)
    const edges = createEdgeRegistry(database())
    const { edge } = await edges.enrol({ name: 'edge-1', pool: 'default' })
    const { lease } = await claimed(id)
    await store().record(lease, { ...WAITS, outcome: done({ route: 'http' }), route: 'http', traceparent: STEP })
    expect((await edges.routesSince(edge, 0, 10)).routes).toMatchObject([{ domainId: id, traceparent: REQUEST }])
    await database()
      .kysely.updateTable('domains')
      .set({ next_run_at: new Date(0) })
      .where('id', '=', id)
      .execute()
    const again = await claimed(id)
    await store().record(again.lease, { ...RESTS, traceparent: STEP })
    expect((await edges.routesSince(edge, 0, 10)).routes[0]).not.toHaveProperty('traceparent')
  })
})
