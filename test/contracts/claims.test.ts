import {
  type Claims,
  type Domain,
  type DomainStore,
  type Hostname,
  type Lease,
  type NewDomain,
  type RecordAnswer,
  type Registry,
  type Transition,
  done,
  newDomainId,
} from '@mooring/core'
import { type Database, createClaims, createDomainStore, createEdgeRegistry, createRegistry } from '@mooring/postgres'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { NO_CLOCKS } from '../builders/no-clocks.ts'
import { aDomain } from '../builders/domain.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, openAnother, connect, asSuperuser } = usePostgres()
const OPTIONS = { tokenLifetimeMs: 604_800_000, rotationGraceMs: 86_400_000 }
const HOSTNAME = 'shop.example.com' as Hostname
const RIVALS = 50
let registry: Registry
let store: DomainStore
let claims: Claims
beforeEach(() => {
  registry = createRegistry(database(), OPTIONS)
  store = createDomainStore(database(), { leaseMs: 60_000 })
  claims = createClaims(database())
})

const aNew = (overrides: Partial<NewDomain> = {}): NewDomain => {
  const { target, tls, edgePool, metadata, lane } = aDomain()
  const now = new Date()
  const verification = {
    ...aDomain().verification,
    issuedAt: now,
    expiresAt: new Date(now.getTime() + OPTIONS.tokenLifetimeMs),
  }
  const id = newDomainId()
  return {
    id,
    hostname: HOSTNAME,
    tenant: `tenant of ${id}`,
    target,
    tls,
    edgePool,
    metadata,
    lane,
    verification,
    ...overrides,
  }
}

/** A claim that looks for its proof right now, and what it saw when it began. */
interface Looking {
  id: string
  lease: Lease
  domain: Domain
}

async function look(id: string): Promise<Looking> {
  await sql`
    update domains set state = 'verifying', step = 'verify_ownership', next_run_at = now()
    where id = ${id} and state in ('pending', 'verifying')`.execute(database().kysely)
  const answer = await store.claim(id, 'worker-a')
  if (answer.kind !== 'claimed') throw new Error('the domain was not due')
  return { id, lease: answer.lease, domain: answer.domain }
}

async function aClaim(overrides: Partial<NewDomain> = {}): Promise<Looking> {
  const domain = aNew(overrides)
  await registry.create(domain)
  return look(domain.id)
}

const PROVED_AT = new Date('2026-11-20T10:00:00.000Z')
const proof: Transition = {
  step: 'verify_ownership',
  outcome: done({ ownershipVerifiedAt: PROVED_AT, ownershipMissedAt: null, takesHostname: true }),
  next: { state: 'verifying', step: 'verify_routing' },
  reason: null,
  attempt: 1,
  route: null,
  ...NO_CLOCKS,
  due: 'now',
}
const prove = ({ lease }: Looking, { kysely }: Database = database()): Promise<RecordAnswer> =>
  createDomainStore({ ...database(), kysely }, { leaseMs: 60_000 }).record(lease, proof)

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

const waitingForLocks = async () =>
  (await sql`select distinct pid from pg_locks where not granted`.execute(database().kysely)).rows.length

async function launched(overrides: Partial<NewDomain> = {}): Promise<Looking> {
  const claim = await aClaim(overrides)
  await prove(claim)
  await sql`
    update domains
    set state = 'active', step = 'reverify', next_run_at = now() + interval '1 day', lease_until = null, leased_by = null
    where id = ${claim.id}`.execute(database().kysely)
  return claim
}

const publish = async ({ id, lease }: Looking) => {
  await sql`update domains set next_run_at = now(), lease_until = null where id = ${id}`.execute(database().kysely)
  const answer = await store.claim(id, 'worker-a')
  if (answer.kind !== 'claimed') throw new Error('not due')
  const next = { state: answer.domain.state, step: answer.domain.step }
  return store.record(
    { ...lease, token: answer.lease.token, gen: answer.lease.gen },
    {
      ...proof,
      outcome: done({ route: 'http' }),
      route: 'http',
      next,
      due: null,
    },
  )
}

const rowOf = (id: string) =>
  database().kysely.selectFrom('domains').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const rows = () => database().kysely.selectFrom('domains').selectAll().orderBy('id').execute()
const nameRow = () =>
  database().kysely.selectFrom('hostnames').selectAll().where('hostname', '=', HOSTNAME).executeTakeFirstOrThrow()
const eventsOf = async (id: string) => (await registry.events(id, { limit: 100, cursor: null })).data
const eventTypesOf = async (id: string) => (await eventsOf(id)).map(({ type }) => type)
const kinds = (answers: RecordAnswer[]) => answers.map(({ kind }) => kind).toSorted()

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
    await registry.retry(lost.id)
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
    await registry.remove(leaving.id, { immediate: false, revoke: false })
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
    const other = createRegistry(openAnother(), OPTIONS)
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

async function releaseStep(id: string): Promise<string> {
  await sql`
    update domains set state = 'deprovisioning', step = 'release', next_run_at = now(), lease_until = null
    where id = ${id}`.execute(database().kysely)
  return id
}

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
    expect(await store.claim(holder.id, 'worker-b')).toMatchObject({ kind: 'claimed', domain: { step: 'hand_over' } })
    expect(await eventTypesOf(holder.id)).toEqual(expect.arrayContaining(['domain.moved', 'domain.deprovisioning']))
    expect(await eventTypesOf(next.id)).toContain('domain.moved')
    expect(JSON.stringify(await eventsOf(holder.id))).not.toContain('after"')
  })

  it('is served by the old route until the new one is published', async () => {
    const first = await launched()
    await publish(first)
    const second = await launched()
    expect(await claims.successorOf({ id: first.id, hostname: HOSTNAME })).toBe('launching')
    // The name moves on before the second has got so far: the first one's route is still the one that is out.
    const third = await aClaim()
    expect(await prove(third)).toMatchObject({ domain: { takesOverFrom: first.id } })
    await publish(third)
    expect(await claims.successorOf({ id: first.id, hostname: HOSTNAME })).toBe('serving')
    expect(await claims.successorOf({ id: second.id, hostname: HOSTNAME })).toBe('serving')
    await registry.remove(third.id, { immediate: false, revoke: false })
    expect(await claims.successorOf({ id: first.id, hostname: HOSTNAME })).toBe('none')
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
    expect(await store.claim(first.id, 'worker-b')).toMatchObject({ kind: 'claimed', domain: { step: 'hand_over' } })
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
    const answer = await store.claim(holder.id, 'worker-a')
    await prove(await aClaim())
    if (answer.kind !== 'claimed') throw new Error('not due')
    const next = { state: 'active', step: 'reverify' } as const
    expect(await store.record(answer.lease, { ...proof, step: 'reverify', next })).toEqual({ kind: 'superseded' })
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
    await registry.create(registered)
    expect(await rowOf(registered.id)).toMatchObject({ claim_era: 1 })
    expect(await claims.isHeldByAnother({ id: registered.id, hostname: HOSTNAME })).toBe(true)
    expect(await claims.isHeldByAnother({ id: holder.id, hostname: HOSTNAME })).toBe(false)
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
    await store.claim(claim.id, 'worker-b')
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

describe('a name that was let go', () => {
  const letGo = async (holder: Looking) => {
    const leaving = await look(await releaseStep(holder.id))
    return store.record(leaving.lease, {
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
    const answer = await store.claim(holder.id, 'worker-a')
    expect(await registry.restore(holder.id)).toMatchObject({ kind: 'applied' })
    if (answer.kind !== 'claimed') throw new Error('not due')
    const released = await store.record(answer.lease, {
      ...proof,
      outcome: done({ releasesHostname: true }),
      due: null,
    })
    expect(released).toEqual({ kind: 'superseded' })
    expect(await nameRow()).toMatchObject({ holder: holder.id, released_at: null })
  })

  it('cannot be restored by a claim that lost it', async () => {
    const holder = await launched()
    await registry.remove(holder.id, { immediate: false, revoke: false })
    await prove(await aClaim())
    expect(await registry.restore(holder.id)).toEqual({ kind: 'wrong_state', state: 'deprovisioning' })
  })

  it('moves from a domain that was restored and proves itself anew', async () => {
    const holder = await launched()
    await registry.remove(holder.id, { immediate: false, revoke: false })
    await registry.restore(holder.id)
    const next = await aClaim()
    expect(await prove(next)).toMatchObject({ domain: { holds: true } })
    expect(await rowOf(holder.id)).toMatchObject({ state: 'deprovisioning', step: 'hand_over', holds: false })
  })
})

describe('the holder above', () => {
  const above = (hostname: string, tenant: string, options?: { floor: string }) =>
    claims.holderAbove({ hostname: hostname as Hostname, tenant }, options)

  it('is the closest one of another tenant', async () => {
    await launched({ hostname: 'example.com' as Hostname, tenant: 'far' })
    await launched({ hostname: 'b.example.com' as Hostname, tenant: 'near' })
    await launched({ hostname: 'a.b.example.com' as Hostname, tenant: 'mine' })
    expect(await above('x.a.b.example.com', 'mine')).toEqual({
      hostname: 'b.example.com',
      consents: false,
      shares: false,
    })
    expect(await above('b.example.com', 'near')).toEqual({ hostname: 'example.com', consents: false, shares: false })
    expect(await above('example.com', 'mine')).toBeNull()
    expect(await above('xb.example.com', 'near')).toEqual({ hostname: 'example.com', consents: false, shares: false })
  })

  it('is the holder of a wildcard beside it, never the name itself', async () => {
    await launched({ hostname: '*.example.com' as Hostname, tenant: 'wild' })
    expect(await above('shop.example.com', 'mine')).toEqual({
      hostname: '*.example.com',
      consents: false,
      shares: false,
    })
    expect(await above('*.example.com', 'mine')).toBeNull()
    expect(await above('example.com', 'mine')).toBeNull()
  })

  it('only claims: nobody has a say who has proved nothing', async () => {
    await aClaim({ hostname: 'example.com' as Hostname, tenant: 'claims' })
    expect(await above('shop.example.com', 'mine')).toBeNull()
  })

  it('is looked for above the floor only', async () => {
    await launched({ hostname: 'platform.example' as Hostname, tenant: 'platform' })
    expect(await above('a.platform.example', 'mine', { floor: 'platform.example' })).toBeNull()
    await launched({ hostname: 'b.platform.example' as Hostname, tenant: 'other' })
    expect(await above('a.b.platform.example', 'mine', { floor: 'platform.example' })).toMatchObject({
      hostname: 'b.platform.example',
    })
  })

  it('consents by name, and takes it back', async () => {
    const holder = await launched({ hostname: 'example.com' as Hostname, tenant: 'owner' })
    await registry.giveConsent(holder.id, 'mine')
    expect(await above('shop.example.com', 'mine')).toMatchObject({ consents: true })
    expect(await above('shop.example.com', 'other')).toMatchObject({ consents: false })
    await registry.withdrawConsent(holder.id, 'mine')
    expect(await above('shop.example.com', 'mine')).toMatchObject({ consents: false })
  })
})
