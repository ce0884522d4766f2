import { type Hostname, type RecordAnswer, type Transition, done } from '@mooring/core'
import { createDomainStore, createRegistry } from '@mooring/postgres'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { aDomain } from '../builders/domain.ts'
import { HOSTNAME, TOKEN_TIMES, PROVED_AT, proof, type Looking, useClaims } from '../builders/claims-of-a-name.ts'

const {
  database,
  openAnother,
  connect,
  asSuperuser,
  registry,
  store,
  aNew,
  look,
  aClaim,
  prove,
  waitingForLocks,
  launched,
  rowOf,
  rows,
  nameRow,
  eventsOf,
  eventTypesOf,
  releaseStep,
} = useClaims()
const RIVALS = 50

const kinds = (answers: RecordAnswer[]) => answers.map(({ kind }) => kind).toSorted()

/** All proofs at once, each over a connection of its own: they begin when every one of them waits for the hostname. */
async function proveAtOnce(rivals: Looking[]): Promise<RecordAnswer[]> {
  const processes = Array.from({ length: 10 }, () => openAnother())
  const starter = await connect()
  await starter.query('begin')
  await starter.query('select from hostnames where hostname = $1 for update', [HOSTNAME])
  const proving = Promise.all(rivals.map((rival, i) => prove(rival, processes[i % processes.length])))
  await expect.poll(waitingForLocks).toBe(rivals.length)
  await starter.query('commit')
  await starter.end()
  return proving
}

describe('the first proof of a hostname', () => {
  it('takes it, and begins an era', async () => {
    const claim = await aClaim()
    expect(await prove(claim)).toMatchObject({ kind: 'recorded', domain: { holds: true, takesOverFrom: null } })
    expect(await nameRow()).toMatchObject({ holder: claim.id, era: 1, taken_at: expect.any(Date), released_at: null })
    expect(await rowOf(claim.id)).toMatchObject({ claim_era: 1, ownership_verified_at: PROVED_AT })
    expect(await eventTypesOf(claim.id)).not.toContain('domain.moved')
  })

  it('changes nothing more when the holder proves it again', async () => {
    const claim = await aClaim()
    const rival = await aClaim()
    await prove(claim)
    const before = await rowOf(rival.id)
    expect(await prove(claim)).toMatchObject({ kind: 'recorded', domain: { holds: true } })
    expect(await nameRow()).toMatchObject({ holder: claim.id, era: 1 })
    expect(await rowOf(rival.id)).toEqual(before)
  })

  it('gives every other claim a fresh token for as long as it had, and tells it', async () => {
    const lost = await aClaim({ verification: { ...aDomain().verification, method: 'cname' } })
    const facts = `{"ownership": {"status": "ok"}, "routing": {"status": "ok"}}`
    await sql`
      update domains set ownership_missed_at = now(), ownership_verified_at = now(), looks = 9, dns = ${facts}::jsonb
      where id = ${lost.id}`.execute(database().kysely)
    const { verification: old } = lost.domain
    await prove(await aClaim())

    const row = await rowOf(lost.id)
    expect(row).toMatchObject({
      state: 'verifying',
      step: 'verify_ownership',
      holds: false,
      claim_era: 1,
      gen: 2,
      looks: 0,
      attempt: 0,
      ownership_verified_at: null,
      ownership_missed_at: null,
      dns: { routing: { status: 'ok' } },
      reason: { code: 'HOSTNAME_TAKEN', actor: 'customer' },
    })
    expect(Number(row.next_run_at) - Date.now()).toBeLessThan(60_000)
    const { token, issuedAt, expiresAt, previous, method } = row.verification
    expect(token).toMatch(/^[0-9a-f]{40}$/)
    expect(token).not.toBe(old.token)
    expect([previous, method]).toEqual([null, 'cname'])
    expect(Date.parse(String(issuedAt))).toBeGreaterThan(Date.now() - 10_000)
    const lifetime = Date.parse(expiresAt) - Date.parse(String(issuedAt))
    expect(lifetime).toBe(old.expiresAt.getTime() - old.issuedAt.getTime())
    expect(await eventTypesOf(lost.id)).toEqual(['domain.claim_lost', 'domain.created'])
  })

  it('never tells a claim who was first', async () => {
    const winner = await aClaim({ tenant: 'the-winner' })
    const lost = await aClaim()
    await prove(winner)
    const told = JSON.stringify([await eventsOf(lost.id), (await rowOf(lost.id)).reason])
    expect(told).toContain('HOSTNAME_TAKEN')
    expect(told).not.toContain('the-winner')
    expect(told).not.toContain(winner.id)
  })

  it('leaves a failed claim failed, with the fresh token for its retry', async () => {
    const lost = await aClaim()
    await sql`
      update domains set state = 'failed', next_run_at = null, lease_until = null where id = ${lost.id}
    `.execute(database().kysely)
    await prove(await aClaim())
    const row = await rowOf(lost.id)
    expect(row).toMatchObject({ state: 'failed', next_run_at: null, claim_era: 1, step: 'verify_ownership' })
    expect(row.verification.token).not.toBe(lost.domain.verification.token)
    await registry().retry(lost.id)
    expect(await prove(await look(lost.id))).toMatchObject({ kind: 'recorded', domain: { holds: true } })
  })

  it('lets a claim in a managed zone write its record anew', async () => {
    const lost = await aClaim({ verification: { ...aDomain().verification, method: 'managed' } })
    await prove(await aClaim())
    expect(await rowOf(lost.id)).toMatchObject({ state: 'pending', step: 'accept' })
  })

  it('leaves other hostnames and claims that are leaving alone', async () => {
    const other = await aClaim({ hostname: 'other.example.com' as Hostname })
    const leaving = await aClaim()
    await registry().remove(leaving.id, { immediate: false, revoke: false })
    const before = [await rowOf(other.id), await rowOf(leaving.id)]
    await prove(await aClaim())
    expect([await rowOf(other.id), await rowOf(leaving.id)]).toEqual(before)
  })
})

describe(`${RIVALS} claims proved at the same moment`, () => {
  it.each([1, 2, 3, 4, 5])('leave one holder, and everyone else with a fresh token, told (round %i)', async () => {
    const rivals: Looking[] = []
    for (let i = 0; i < RIVALS; i++) rivals.push(await aClaim())
    const answers = await proveAtOnce(rivals)
    expect(kinds(answers)).toEqual(['recorded', ...Array.from({ length: RIVALS - 1 }, () => 'superseded')])

    const holders = (await rows()).filter(({ holds }) => holds)
    expect(holders).toHaveLength(1)
    const holder = holders[0]?.id
    expect(answers[rivals.findIndex(({ id }) => id === holder)]).toMatchObject({ kind: 'recorded' })
    expect(await nameRow()).toMatchObject({ holder, era: 1 })
    const old = new Map(rivals.map(({ id, domain }) => [id, domain.verification.token]))
    const tokens = new Set<string>()
    for (const row of (await rows()).filter(({ id }) => id !== holder)) {
      expect(row).toMatchObject({ claim_era: 1, ownership_verified_at: null, reason: { code: 'HOSTNAME_TAKEN' } })
      expect(row.verification.token).not.toBe(old.get(row.id))
      tokens.add(row.verification.token)
      expect(await eventTypesOf(row.id)).toEqual(['domain.claim_lost', 'domain.created'])
    }
    expect(tokens.size).toBe(RIVALS - 1)
  })

  it('move a name that is held once, and the holder hands over', async () => {
    const holder = await launched()
    const rivals: Looking[] = []
    for (let i = 0; i < RIVALS; i++) rivals.push(await aClaim())
    const answers = await proveAtOnce(rivals)
    expect(kinds(answers).filter((kind) => kind === 'recorded')).toHaveLength(1)
    expect(await nameRow()).toMatchObject({ era: 2 })
    expect(await rowOf(holder.id)).toMatchObject({ state: 'deprovisioning', step: 'hand_over', holds: false })
    const moved = await sql`select from events where type = 'domain.moved'`.execute(database().kysely)
    expect(moved.rows).toHaveLength(2)
  })

  it('stand beside registrations, pokes, deletions and a holder that leaves, without a deadlock', async () => {
    const holder = await launched()
    const leaving = await look(await releaseStep(holder.id))
    const rivals: Looking[] = []
    for (let i = 0; i < 20; i++) rivals.push(await aClaim())
    const other = createRegistry(openAnother(), TOKEN_TIMES)
    const many = openAnother()
    const release: Transition = {
      ...proof,
      step: 'release',
      outcome: done({ releasesHostname: true }),
      next: { state: 'deprovisioned', step: 'watch_dangling' },
      due: null,
    }
    await Promise.all([
      ...rivals.map((rival) => prove(rival, many)),
      createDomainStore(openAnother(), { leaseMs: 60_000 }).record(leaving.lease, release),
      ...rivals.map(({ id }, i) =>
        i % 3 === 0
          ? other.check(id)
          : i % 3 === 1
            ? other.rotateToken(id)
            : other.remove(id, { immediate: true, revoke: false }),
      ),
      ...Array.from({ length: 20 }, () => other.create(aNew())),
    ])
    // Whatever the order was: at most one holds, the hostname says the same, and every claim knows the present era.
    const { holder: named, era } = await nameRow()
    const after = await rows()
    expect(after.filter(({ holds }) => holds).map(({ id }) => id)).toEqual(named === null ? [] : [named])
    const live = after.filter(({ state }) => !['deprovisioning', 'deprovisioned'].includes(state))
    expect(new Set(live.map(({ claim_era }) => claim_era))).toEqual(new Set([era]))
  })
})

describe('a worker that is cut off', () => {
  it('while it takes the name has changed nothing, and the next one takes it', async () => {
    const [claim, rival] = [await aClaim(), await aClaim()]
    const before = await rows()
    // Its last statement waits for the rival's row, which somebody holds; then its connection is cut.
    const blocker = await connect()
    await blocker.query('begin')
    await blocker.query('select from domains where id = $1 for update', [rival.id])
    const cut = prove(claim, openAnother()).catch((error: unknown) => error)
    await expect.poll(waitingForLocks).toBe(1)
    await asSuperuser(`select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'`)
    expect(await cut).toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    await blocker.query('rollback')
    await blocker.end()
    expect(await rows()).toEqual(before)
    expect(await nameRow()).toMatchObject({ holder: null, era: 0 })
    expect(await prove(claim)).toMatchObject({ kind: 'recorded', domain: { holds: true } })
  })

  it('takes nothing when another worker has the domain by then', async () => {
    const claim = await aClaim()
    await sql`update domains set lease_until = now() - interval '1 s' where id = ${claim.id}`.execute(database().kysely)
    await store().claim(claim.id, 'worker-b')
    expect(await prove(claim)).toEqual({ kind: 'lost' })
    expect(await nameRow()).toMatchObject({ holder: null, era: 0 })
  })

  it('finds the name taken already when the answer to its proof was lost on the way', async () => {
    const claim = await aClaim()
    await prove(claim)
    expect(await prove(claim)).toMatchObject({ kind: 'recorded' })
    expect(await nameRow()).toMatchObject({ era: 1 })
  })
})
