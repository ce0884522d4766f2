import { done } from '@mooring/core'
import { createEdgeRegistry } from '@mooring/postgres'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { HOSTNAME, proof, type Looking, useClaims } from '../builders/claims-of-a-name.ts'

const {
  database,
  connect,
  registry,
  store,
  claims,
  aNew,
  look,
  aClaim,
  prove,
  waitingForLocks,
  launched,
  publish,
  rowOf,
  rows,
  nameRow,
  eventsOf,
  eventTypesOf,
  releaseStep,
} = useClaims()
describe('a name that is held', () => {
  it('moves by a new proof: the holder hands over at once, both are told', async () => {
    const holder = await launched({ tenant: 'before' })
    await publish(holder)
    await sql`update domains set suspension = 'operator', delete_after = now() where id = ${holder.id}`.execute(
      database().kysely,
    )
    const next = await aClaim({ tenant: 'after' })
    expect(await prove(next)).toMatchObject({ domain: { holds: true, takesOverFrom: holder.id } })
    expect(await rowOf(holder.id)).toMatchObject({
      state: 'deprovisioning',
      step: 'hand_over',
      holds: false,
      immediate: true,
      suspension: null,
      delete_after: null,
      reason: { code: 'HOSTNAME_TAKEN' },
    })
    expect(await store().claim(holder.id, 'worker-b')).toMatchObject({ kind: 'claimed', domain: { step: 'hand_over' } })
    expect(await eventTypesOf(holder.id)).toEqual(expect.arrayContaining(['domain.moved', 'domain.deprovisioning']))
    expect(await eventTypesOf(next.id)).toContain('domain.moved')
    expect(JSON.stringify(await eventsOf(holder.id))).not.toContain('after"')
  })

  it('is served by the old route until the new one is published', async () => {
    const first = await launched()
    await publish(first)
    const second = await launched()
    expect(await claims().successorOf({ id: first.id, hostname: HOSTNAME })).toBe('launching')
    // The name moves on before the second has got so far: the first one's route is still the one that is out.
    const third = await aClaim()
    expect(await prove(third)).toMatchObject({ domain: { takesOverFrom: first.id } })
    await publish(third)
    expect(await claims().successorOf({ id: first.id, hostname: HOSTNAME })).toBe('serving')
    expect(await claims().successorOf({ id: second.id, hostname: HOSTNAME })).toBe('serving')
    await registry().remove(third.id, { immediate: false, revoke: false })
    expect(await claims().successorOf({ id: first.id, hostname: HOSTNAME })).toBe('none')
  })

  it('lets the old holder go on as soon as an edge has proved the new route', async () => {
    const edges = createEdgeRegistry(database())
    const { edge } = await edges.enrol({ name: 'edge-a', pool: 'default' })
    const first = await launched()
    await publish(first)
    const next = await aClaim()
    await prove(next)
    await sql`update domains set next_run_at = now() + interval '1 h' where id = ${first.id}`.execute(database().kysely)
    await publish(next)
    const due = await edges.report(edge, { generation: 2, rejected: [], server: 'nginx/1.22.1' })
    expect(due).toContain(first.id)
    expect(await store().claim(first.id, 'worker-b')).toMatchObject({ kind: 'claimed', domain: { step: 'hand_over' } })
  })

  it('leaves a holder that is leaving at its step, without a grace', async () => {
    const holder = await launched()
    await sql`update domains set state = 'deprovisioning', step = 'sit_out_grace' where id = ${holder.id}`.execute(
      database().kysely,
    )
    await prove(await aClaim())
    expect(await rowOf(holder.id)).toMatchObject({ step: 'sit_out_grace', immediate: true, holds: false })
    expect(await eventTypesOf(holder.id)).not.toContain('domain.deprovisioning')
  })

  it('overrules whatever the holder’s worker was about to record', async () => {
    const holder = await launched()
    await sql`update domains set next_run_at = now() where id = ${holder.id}`.execute(database().kysely)
    const answer = await store().claim(holder.id, 'worker-a')
    await prove(await aClaim())
    if (answer.kind !== 'claimed') throw new Error('not due')
    const next = { state: 'active', step: 'reverify' } as const
    expect(await store().record(answer.lease, { ...proof, step: 'reverify', next })).toEqual({ kind: 'superseded' })
    expect(await rowOf(holder.id)).toMatchObject({ state: 'deprovisioning', step: 'hand_over', holds: false })
  })

  it('is not taken back by the proof that lost it, whatever is still in DNS', async () => {
    const loser = await aClaim()
    await prove(await aClaim())
    const oldToken = loser.domain.verification.token
    expect(await prove(loser)).toEqual({ kind: 'superseded' })
    const again = await look(loser.id)
    // What a step compares with DNS from here on is another token.
    expect(again.domain.verification).toMatchObject({ previous: null })
    expect(again.domain.verification.token).not.toBe(oldToken)
    expect(again.domain.ownershipVerifiedAt).toBeNull()
  })

  it('is taken by no claim of an older era, should its gen ever be that of its lease', async () => {
    const old = await aClaim()
    await prove(await aClaim())
    await sql`update domains set gen = 1, claim_era = 0 where id = ${old.id}`.execute(database().kysely)
    const before = await rows()
    await expect(prove(old)).rejects.toThrow('older than its hostname’s era')
    expect(await rows()).toEqual(before)
  })

  it('hands over from a claim that an older release verified without taking the name', async () => {
    const stray = await aClaim()
    await sql`update domains set state = 'active', step = 'confirm_change' where id = ${stray.id}`.execute(
      database().kysely,
    )
    await prove(await aClaim())
    expect(await rowOf(stray.id)).toMatchObject({ state: 'deprovisioning', step: 'hand_over', holds: false })
  })

  it('can be claimed by whoever registers while it moves: their token is of the new era', async () => {
    const holder = await launched()
    const registered = aNew()
    await registry().create(registered)
    expect(await rowOf(registered.id)).toMatchObject({ claim_era: 1 })
    expect(await claims().isHeldByAnother({ id: registered.id, hostname: HOSTNAME })).toBe(true)
    expect(await claims().isHeldByAnother({ id: holder.id, hostname: HOSTNAME })).toBe(false)
  })
})

describe('a name that was let go', () => {
  const letGo = async (holder: Looking) => {
    const leaving = await look(await releaseStep(holder.id))
    return store().record(leaving.lease, {
      ...proof,
      step: 'release',
      outcome: done({ releasesHostname: true }),
      next: { state: 'deprovisioned', step: 'watch_dangling' },
      due: null,
    })
  }

  it('is remembered, free, and taken by the next proof; other claims keep their tokens', async () => {
    const holder = await launched()
    const waiting = await aClaim()
    const { verification } = await rowOf(waiting.id)
    await letGo(holder)
    expect(await nameRow()).toMatchObject({ holder: null, era: 1, released_at: expect.any(Date) })
    expect((await rowOf(waiting.id)).verification).toEqual(verification)
    expect(await prove(waiting)).toMatchObject({ kind: 'recorded', domain: { holds: true } })
    expect(await nameRow()).toMatchObject({ holder: waiting.id, era: 2 })
    expect(await eventTypesOf(waiting.id)).not.toContain('domain.moved')
  })

  it('is waited for while somebody takes it, with nothing in hand that the other may need', async () => {
    const holder = await launched()
    const taker = await connect()
    await taker.query('begin')
    await taker.query('select from hostnames where hostname = $1 for update', [HOSTNAME])
    const letting = letGo(holder)
    await expect.poll(waitingForLocks).toBe(1)
    await taker.query('select from domains where id = $1 for no key update nowait', [holder.id])
    await taker.query('rollback')
    await taker.end()
    expect(await letting).toMatchObject({ kind: 'recorded', domain: { holds: false } })
  })

  it('needs a fresh token from its old owner as well', async () => {
    const holder = await launched({ tenant: 'mine' })
    await letGo(holder)
    const back = await aClaim({ tenant: 'mine' })
    expect(back.id).not.toBe(holder.id)
    expect(await prove(back)).toMatchObject({ domain: { holds: true } })
  })

  it('stays with the claim that took it when the old one lets go of what it no longer has', async () => {
    const old = await launched()
    const holder = await aClaim()
    await prove(holder)
    await letGo(old)
    expect(await nameRow()).toMatchObject({ holder: holder.id, released_at: null })
  })

  it('is not let go when the domain was restored meanwhile', async () => {
    const holder = await launched()
    await sql`update domains set state = 'deprovisioning', step = 'sit_out_grace' where id = ${holder.id}`.execute(
      database().kysely,
    )
    await sql`update domains set next_run_at = now() where id = ${holder.id}`.execute(database().kysely)
    const answer = await store().claim(holder.id, 'worker-a')
    expect(await registry().restore(holder.id)).toMatchObject({ kind: 'applied' })
    if (answer.kind !== 'claimed') throw new Error('not due')
    const released = await store().record(answer.lease, {
      ...proof,
      outcome: done({ releasesHostname: true }),
      due: null,
    })
    expect(released).toEqual({ kind: 'superseded' })
    expect(await nameRow()).toMatchObject({ holder: holder.id, released_at: null })
  })

  it('cannot be restored by a claim that lost it', async () => {
    const holder = await launched()
    await registry().remove(holder.id, { immediate: false, revoke: false })
    await prove(await aClaim())
    expect(await registry().restore(holder.id)).toEqual({ kind: 'wrong_state', state: 'deprovisioning' })
  })

  it('moves from a domain that was restored and proves itself anew', async () => {
    const holder = await launched()
    await registry().remove(holder.id, { immediate: false, revoke: false })
    await registry().restore(holder.id)
    const next = await aClaim()
    expect(await prove(next)).toMatchObject({ domain: { holds: true } })
    expect(await rowOf(holder.id)).toMatchObject({ state: 'deprovisioning', step: 'hand_over', holds: false })
  })
})
