import {
  type Domain,
  type DomainStore,
  type Hostname,
  type Lease,
  type Outcome,
  type Transition,
  done,
  failed,
  newCertificateId,
  reason,
  retry,
  wait,
} from '@mooring/core'
import { createDomainStore, createRegistry } from '@mooring/postgres'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { NO_CLOCKS } from '../builders/no-clocks.ts'
import { aDomain } from '../builders/domain.ts'
import { storeDueDomain } from '../builders/due-domain.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, openAnother, connect } = usePostgres()
let store: DomainStore
beforeEach(() => {
  store = createDomainStore(database(), { leaseMs: 60_000 })
})

const SOON = new Date(Date.now() + 60_000)
const VERIFIED_AT = new Date('2026-11-20T10:00:00.000Z')
const ROTATED = {
  ...aDomain().verification,
  token: 'b'.repeat(40),
  issuedAt: VERIFIED_AT,
  previous: { token: 'a'.repeat(40), acceptedUntil: SOON, reminders: 1 },
}
const missing = reason('DNS_TXT_MISSING', 'There is no TXT record.', { expected: ['token=x'], observed: [] })
const caDown = reason('CA_UNAVAILABLE', 'The CA answers 500.')
const broke = reason('INTERNAL', 'It broke.')

async function aClaimed(overrides: Partial<Domain> = {}): Promise<{ id: string; lease: Lease }> {
  const { id } = await storeDueDomain(database(), { state: 'verifying', step: 'verify_ownership', ...overrides })
  const answer = await store.claim(id, 'worker-a')
  if (answer.kind !== 'claimed') throw new Error('the domain was not due')
  return { id, lease: answer.lease }
}

/** As the engine decides it, unless a test says otherwise. */
function transition(outcome: Outcome, overrides: Partial<Transition> = {}): Transition {
  const here = { state: 'verifying', step: 'verify_ownership' } as const
  const decided = {
    done: { next: { state: 'verified', step: 'settle' }, attempt: 1, due: 'now' },
    wait: { next: here, attempt: 0, due: SOON },
    retry: { next: here, attempt: 1, due: SOON },
    failed: { next: { state: 'failed', step: 'verify_ownership' }, attempt: 1, due: null },
  } as const
  const reason = outcome.kind === 'done' ? null : outcome.because
  const route = outcome.kind === 'done' ? (outcome.changes.route ?? null) : null
  return { step: 'verify_ownership', outcome, reason, route, ...NO_CLOCKS, ...decided[outcome.kind], ...overrides }
}

const rowOf = (id: string) =>
  database().kysely.selectFrom('domains').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const all = (table: 'attempts' | 'events' | 'notice_outbox') =>
  database().kysely.selectFrom(table).selectAll().orderBy('id').execute()
const routeOf = (id: string) =>
  database().kysely.selectFrom('routes').selectAll().where('domain_id', '=', id).executeTakeFirst()
const poolGeneration = async () =>
  (await database().kysely.selectFrom('edge_pools').select('generation').executeTakeFirstOrThrow()).generation
const someoneWaitsForALock = async () => {
  const waiting = await sql`select from pg_locks where not granted`.execute(database().kysely)
  return waiting.rows.length > 0
}
const everything = async () => ({
  domains: await database().kysely.selectFrom('domains').selectAll().orderBy('id').execute(),
  routes: await database().kysely.selectFrom('routes').selectAll().orderBy('domain_id').execute(),
  pools: await database().kysely.selectFrom('edge_pools').selectAll().execute(),
  attempts: await all('attempts'),
  events: await all('events'),
  notices: await all('notice_outbox'),
})

const OUTCOMES: [Outcome['kind'], Outcome][] = [
  ['done', done({ looks: 4, ownershipVerifiedAt: VERIFIED_AT, route: 'http' })],
  ['wait', wait(SOON, caDown, { looks: 4 })],
  ['retry', retry(broke)],
  ['failed', failed(broke)],
]

describe('record', () => {
  it('goes on with the next step under the same lease after done', async () => {
    const { id, lease } = await aClaimed({ attempt: 3, reason: missing })
    const answer = await store.record(lease, transition(done({ ownershipVerifiedAt: VERIFIED_AT })))
    expect(answer).toMatchObject({
      kind: 'recorded',
      leased: true,
      domain: { state: 'verified', step: 'settle', attempt: 1, reason: null, ownershipVerifiedAt: VERIFIED_AT },
    })
    expect(await all('attempts')).toMatchObject([
      { step: 'verify_ownership', outcome: 'done', finished_at: expect.any(Date) },
      { step: 'settle', outcome: 'running', worker: 'worker-a', lease_token: lease.token, finished_at: null },
    ])
    expect(await store.heartbeat(lease)).toBe(true)
    expect(await store.claim(id, 'worker-b')).toEqual({ kind: 'not_due' })
  })

  it('waits until the given time, says why, and leaves the domain to any worker', async () => {
    const { id, lease } = await aClaimed()
    const dns = { ownership: { status: 'missing' as const, observed: [], checkedAt: VERIFIED_AT.toISOString() } }
    const answer = await store.record(lease, transition(wait(SOON, missing, { dns, looks: 1 })))
    expect(answer, 'nobody waits for what the clock brings back').toMatchObject({ domain: { lane: 'normal' } })
    expect(answer).toMatchObject({
      kind: 'recorded',
      leased: false,
      domain: { state: 'verifying', reason: missing, nextRunAt: SOON, attempt: 0, looks: 1, dns },
    })
    expect(await rowOf(id)).toMatchObject({ lease_until: null, leased_by: null, hinted_until: null })
    expect(await all('attempts')).toMatchObject([
      { outcome: 'wait', code: 'DNS_TXT_MISSING', detail: 'There is no TXT record.' },
    ])
  })

  it('writes the attempts that the engine decided', async () => {
    const { lease } = await aClaimed({ attempt: 4 })
    const answer = await store.record(lease, transition(retry(broke), { attempt: 5 }))
    expect(answer).toMatchObject({ domain: { attempt: 5, nextRunAt: SOON, reason: broke } })
  })

  it('rests without a due time', async () => {
    const { id, lease } = await aClaimed()
    expect(await store.record(lease, transition(failed(broke)))).toMatchObject({
      kind: 'recorded',
      leased: false,
      domain: { state: 'failed', step: 'verify_ownership', nextRunAt: null, reason: broke },
    })
    expect(await store.claim(id, 'worker-b')).toEqual({ kind: 'not_due' })
  })

  it('keeps findings of purposes that were not looked at', async () => {
    const ownership = { status: 'ok' as const, observed: ['x'], checkedAt: VERIFIED_AT.toISOString() }
    const routing = { status: 'missing' as const, observed: [], checkedAt: VERIFIED_AT.toISOString() }
    const { lease } = await aClaimed()
    await store.record(lease, transition(done({ dns: { ownership } })))
    const answer = await store.record(lease, transition(wait(SOON, missing, { dns: { routing } })))
    expect(answer).toMatchObject({ domain: { dns: { ownership, routing } } })
  })

  it('sets activation and the end of the grace once decided', async () => {
    const { lease } = await aClaimed()
    const answer = await store.record(lease, transition(done({ activatedAt: VERIFIED_AT, deleteAfter: SOON })))
    expect(answer).toMatchObject({ domain: { activatedAt: VERIFIED_AT, deleteAfter: SOON } })
  })

  it('writes rotation, suspension and missed proof, and leaves each alone when nothing is said of it', async () => {
    const { lease } = await aClaimed({ state: 'active', step: 'reverify' })
    const next = { state: 'active', step: 'reverify' } as const
    const written = { verification: ROTATED, suspension: 'ownership' as const, ownershipMissedAt: VERIFIED_AT }
    expect(await store.record(lease, transition(done(written), { next }))).toMatchObject({ domain: written })
    expect(await store.record(lease, transition(done({}), { next }))).toMatchObject({ domain: written })
    const cleared = { suspension: null, ownershipMissedAt: null }
    expect(await store.record(lease, transition(done(cleared), { next }))).toMatchObject({ domain: cleared })
  })

  it('tells what the outcome tells, after the change of state', async () => {
    const { lease } = await aClaimed({ state: 'active', step: 'reverify' })
    const events = [{ type: 'ownership.lost', data: { since: 'then' } }, { type: 'second' }]
    const next = { state: 'suspended', step: 'publish_holding' } as const
    await store.record(lease, transition(done({ events }), { step: 'reverify', next }))
    expect(await all('events')).toMatchObject([
      { type: 'domain.suspended', data: { from: 'active', after: 'reverify' } },
      { type: 'ownership.lost', actor: 'mooring', data: { since: 'then' } },
      { type: 'second', data: {} },
    ])
  })

  it('tells of a change of state, and of nothing else', async () => {
    const { lease } = await aClaimed()
    await store.record(lease, transition(done(), { next: { state: 'verifying', step: 'verify_routing' } }))
    expect(await all('events')).toEqual([])
    await store.record(lease, transition(failed(broke)))
    expect(await all('events')).toMatchObject([
      { type: 'domain.failed', actor: 'mooring', data: { from: 'verifying', reason: { code: 'INTERNAL' } } },
    ])
  })

  it('keeps a domain that has left as history', async () => {
    const { id, lease } = await aClaimed({ state: 'deprovisioning', step: 'release' })
    const next = { state: 'deprovisioned', step: 'release' } as const
    await store.record(lease, transition(done(), { step: 'release', next, attempt: 0, due: null }))
    expect(await rowOf(id)).toMatchObject({ state: 'deprovisioned', next_run_at: null, ended_at: expect.any(Date) })
    expect(await all('events')).toMatchObject([{ type: 'domain.deprovisioned' }])
  })

  it('lets the hostname go when the outcome says so, and remembers when', async () => {
    const { id, lease } = await aClaimed({ state: 'deprovisioning', step: 'release' })
    const next = { state: 'deprovisioned', step: 'watch_dangling' } as const
    await store.record(lease, transition(done({ releasesHostname: true }), { step: 'release', next }))
    expect(await rowOf(id)).toMatchObject({ holds: false })
    expect(await database().kysely.selectFrom('hostnames').selectAll().execute()).toMatchObject([
      { holder: null, released_at: expect.any(Date) },
    ])
  })
})

describe('record by a worker that lost the domain', () => {
  it.each(OUTCOMES)('writes nothing after %s', async (_, outcome) => {
    const { id, lease } = await aClaimed()
    await sql`update domains set lease_until = now() - interval '1 s' where id = ${id}`.execute(database().kysely)
    await store.claim(id, 'worker-b')
    const before = await everything()
    expect(await store.record(lease, transition(outcome))).toEqual({ kind: 'lost' })
    expect(await everything()).toEqual(before)
  })

  it('writes nothing a second time after the lease was given up', async () => {
    const { lease } = await aClaimed()
    await store.record(lease, transition(retry(broke)))
    const before = await everything()
    expect(await store.record(lease, transition(retry(broke)))).toEqual({ kind: 'lost' })
    expect(await everything()).toEqual(before)
  })

  it('still records when the lease ran out but nobody else has claimed', async () => {
    const { id, lease } = await aClaimed()
    await sql`update domains set lease_until = now() - interval '1 s' where id = ${id}`.execute(database().kysely)
    expect(await store.record(lease, transition(wait(SOON, missing)))).toMatchObject({ kind: 'recorded' })
  })
})

describe('record after a newer intent', () => {
  it.each(OUTCOMES)('overrules %s: the row is due now and its attempt given back', async (_, outcome) => {
    const { id, lease } = await aClaimed({ attempt: 2 })
    await createRegistry(database(), { tokenLifetimeMs: 1000, rotationGraceMs: 1000 }).check(id)
    expect(await store.record(lease, transition(outcome))).toEqual({ kind: 'superseded' })
    expect(await rowOf(id)).toMatchObject({
      state: 'verifying',
      step: 'verify_ownership',
      reason: null,
      attempt: 2,
      route_generation: null,
      lease_until: null,
    })
    expect(await all('attempts')).toMatchObject([{ outcome: 'superseded' }])
    expect([await routeOf(id), await poolGeneration(), await all('notice_outbox')]).toEqual([undefined, 0, []])
    expect((await all('events')).map((event) => 'type' in event && event.type)).toEqual(['domain.check_requested'])
    expect(await store.claim(id, 'worker-a')).toMatchObject({ kind: 'claimed', domain: { gen: 2 } })
  })

  it('keeps the facts that were found', async () => {
    const { id, lease } = await aClaimed({ holds: true, ownershipMissedAt: VERIFIED_AT })
    await createRegistry(database(), { tokenLifetimeMs: 1000, rotationGraceMs: 1000 }).check(id)
    const dns = { ownership: { status: 'ok' as const, observed: ['x'], checkedAt: VERIFIED_AT.toISOString() } }
    const times = { ownershipVerifiedAt: VERIFIED_AT, routingVerifiedAt: VERIFIED_AT, ownershipMissedAt: null }
    const decisions = { activatedAt: VERIFIED_AT, deleteAfter: SOON, suspension: 'ownership' as const }
    const outcome = done({ dns, looks: 7, ...times, ...decisions, verification: ROTATED, events: [{ type: 'x' }] })
    await store.record(lease, transition(outcome))
    expect((await all('events')).map((event) => 'type' in event && event.type)).toEqual(['domain.check_requested'])
    expect(await rowOf(id)).toMatchObject({
      dns,
      looks: 7,
      ownership_verified_at: VERIFIED_AT,
      routing_verified_at: VERIFIED_AT,
      ownership_missed_at: null,
      verification: { token: aDomain().verification.token },
      suspension: null,
      activated_at: null,
      delete_after: null,
    })
  })

  it('leaves out the proof of a claim that holds nothing: its token may be another by now', async () => {
    const { id, lease } = await aClaimed()
    await createRegistry(database(), { tokenLifetimeMs: 1000, rotationGraceMs: 1000 }).rotateToken(id)
    await store.record(lease, transition(done({ ownershipVerifiedAt: VERIFIED_AT, takesHostname: true })))
    expect(await rowOf(id)).toMatchObject({ ownership_verified_at: null, holds: false })
    expect(await database().kysely.selectFrom('hostnames').select(['holder', 'era']).execute()).toEqual([
      { holder: null, era: 0 },
    ])
  })

  it('sees an intent that commits while the outcome waits for the row', async () => {
    const { id, lease } = await aClaimed()
    const client = await connect()
    await client.query('begin')
    await client.query('update domains set gen = gen + 1, next_run_at = now() where id = $1', [id])
    const recording = store.record(lease, transition(done({ route: 'http' })))
    await expect.poll(someoneWaitsForALock).toBe(true)
    await client.query('commit')
    await client.end()
    expect(await recording).toEqual({ kind: 'superseded' })
    expect(await rowOf(id)).toMatchObject({ state: 'verifying', gen: 2, route_generation: null })
  })

  it('does not bring a deleted domain back', async () => {
    const { id, lease } = await aClaimed({ attempt: 5 })
    await createRegistry(database(), { tokenLifetimeMs: 1000, rotationGraceMs: 1000 }).remove(id, {
      immediate: false,
      revoke: false,
    })
    await store.record(lease, transition(failed(broke)))
    expect(await rowOf(id)).toMatchObject({ state: 'deprovisioning', step: 'withdraw_route', attempt: 0, reason: null })
  })
})

describe('record with a route', () => {
  async function aCertificate(domainId: string): Promise<string> {
    const id = newCertificateId()
    await database()
      .kysely.insertInto('certificates')
      .values({ id, domain_id: domainId, issuer: 'x', status: 'ordering', sealed_key: '{}', csr: Buffer.from('') })
      .execute()
    await database().kysely.updateTable('domains').set({ certificate_id: id }).where('id', '=', domainId).execute()
    return id
  }

  it('publishes, changes and removes it, each with a new generation of the pool', async () => {
    const { id, lease } = await aClaimed({ target: { type: 'redirect', url: 'https://example.com/', status: 302 } })
    const certificateId = await aCertificate(id)

    await store.record(lease, transition(done({ route: 'http' })))
    expect(await routeOf(id)).toMatchObject({
      variant: 'http',
      generation: 1,
      certificate_id: null,
      edge_pool: 'default',
    })
    expect((await routeOf(id))?.target).toEqual({ type: 'redirect', url: 'https://example.com/', status: 302 })

    const answer = await store.record(lease, transition(done({ route: 'https' })))
    expect(answer).toMatchObject({ domain: { routeGeneration: 2 } })
    expect(await routeOf(id)).toMatchObject({ variant: 'https', generation: 2, certificate_id: certificateId })

    await store.record(lease, transition(done({ route: 'removed' })))
    expect(await routeOf(id)).toMatchObject({ variant: 'removed', generation: 3, certificate_id: null })
    expect(await rowOf(id)).toMatchObject({ route_generation: 3, certificate_id: certificateId })
    expect(await poolGeneration()).toBe(3)
  })

  it('shows the holding page over HTTPS where there is a certificate, and the target again after it', async () => {
    const target = { type: 'redirect', url: 'https://example.com/', status: 302 } as const
    const { id, lease } = await aClaimed({ target })
    await store.record(lease, transition(done({ route: 'holding' })))
    expect(await routeOf(id)).toMatchObject({ variant: 'http', target: { type: 'holding' }, certificate_id: null })
    const certificateId = await aCertificate(id)
    await store.record(lease, transition(done({ route: 'holding' })))
    expect(await routeOf(id)).toMatchObject({
      variant: 'https',
      target: { type: 'holding' },
      certificate_id: certificateId,
    })
    await store.record(lease, transition(done({ route: 'https' })))
    expect(await routeOf(id)).toMatchObject({ variant: 'https', target, generation: 3 })
  })

  it('removes the route of the claim that held the name before, in the same generation', async () => {
    const hostname = 'shop.example.com' as Hostname
    const before = await aClaimed({ hostname, tenant: 'before', state: 'active', step: 'reverify' })
    await aCertificate(before.id)
    await store.record(before.lease, transition(done({ route: 'https' })))
    await sql`update domains set holds = false where id = ${before.id}`.execute(database().kysely)

    const { id, lease } = await aClaimed({ hostname, state: 'provisioning_cert', takesOverFrom: before.id })
    const answer = await store.record(lease, transition(done({ route: 'http' })))
    expect(answer).toMatchObject({ domain: { routeGeneration: 2, takesOverFrom: null } })
    expect(await routeOf(id)).toMatchObject({ variant: 'http', generation: 2 })
    expect(await routeOf(before.id)).toMatchObject({ variant: 'removed', generation: 2, certificate_id: null })

    // Removed already: the edges are told nothing, and that generation is the one to wait for.
    const leaving = await store.record(before.lease, transition(done({ route: 'removed' })))
    expect(leaving).toMatchObject({ domain: { routeGeneration: 2 } })
    expect(await poolGeneration()).toBe(2)
  })

  it('leaves routes of the hostname in other pools alone', async () => {
    await sql`insert into edge_pools (name) values ('mars')`.execute(database().kysely)
    const hostname = 'shop.example.com' as Hostname
    const before = await aClaimed({ hostname, tenant: 'before', edgePool: 'mars', holds: false })
    await store.record(before.lease, transition(done({ route: 'http' })))
    const { lease } = await aClaimed({ hostname, holds: true })
    await store.record(lease, transition(done({ route: 'http' })))
    expect(await routeOf(before.id)).toMatchObject({ variant: 'http', generation: 1, edge_pool: 'mars' })
  })

  it('displaces nobody for a claim that does not hold the hostname', async () => {
    const hostname = 'shop.example.com' as Hostname
    const holder = await aClaimed({ hostname, tenant: 'holder', holds: true })
    await store.record(holder.lease, transition(done({ route: 'http' })))
    const { lease } = await aClaimed({ hostname, holds: false })
    await expect(store.record(lease, transition(done({ route: 'http' })))).rejects.toThrow('routes_served_once')
    expect(await routeOf(holder.id)).toMatchObject({ variant: 'http', generation: 1 })
  })

  it('gives generations in the order of commits under 16 concurrent records', async () => {
    const claimed = await Promise.all(Array.from({ length: 16 }, () => aClaimed()))
    const stores = Array.from({ length: 4 }, () => createDomainStore(openAnother(), { leaseMs: 60_000 }))
    const seen: number[] = []
    await Promise.all(
      claimed.map(async ({ lease }, i) => {
        const answer = await stores[i % 4]?.record(lease, transition(done({ route: 'http' })))
        if (answer?.kind !== 'recorded') throw new Error('not recorded')
        seen.push(Number(answer.domain.routeGeneration))
      }),
    )
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1))
    expect(await poolGeneration()).toBe(16)
    const { rows } = await sql`
      select from routes join domains on domain_id = domains.id and generation = route_generation
    `.execute(database().kysely)
    expect(rows).toHaveLength(16)
  })
})

describe('notices', () => {
  const notices = async () =>
    (await database().kysely.selectFrom('notice_outbox').selectAll().orderBy('id').execute()).map(
      (row) => row.group_key,
    )

  it('goes out with every retry and failure', async () => {
    const { id, lease } = await aClaimed()
    await store.record(lease, transition(retry(broke)))
    await sql`update domains set next_run_at = now() where id = ${id}`.execute(database().kysely)
    const again = await store.claim(id, 'worker-a')
    if (again.kind === 'claimed') await store.record(again.lease, transition(failed(caDown)))
    expect(await notices()).toEqual(['INTERNAL', 'CA_UNAVAILABLE'])
    expect(await all('notice_outbox')).toMatchObject([{ domain_id: id, reason: broke }, { reason: caDown }])
  })

  it('does not tell ops of what one of them did', async () => {
    const { lease } = await aClaimed({ state: 'suspended', step: 'await_return' })
    await store.record(lease, transition(wait(null, reason('SUSPENDED_BY_OPERATOR', 'Suspended.')), { due: null }))
    expect(await notices()).toEqual([])
  })

  it.each([
    ['an operator', reason('EDGE_UNREACHABLE', 'No edge is live.'), ['EDGE_UNREACHABLE']],
    ['a CA', caDown, ['CA_UNAVAILABLE']],
    ['a customer', missing, []],
    ['nobody', reason('EDGE_PENDING', 'Not yet.'), []],
  ])('goes out when a wait for %s begins, not when it goes on', async (_, because, expected) => {
    const { id, lease } = await aClaimed()
    await store.record(lease, transition(wait(SOON, because)))
    await sql`update domains set next_run_at = now() where id = ${id}`.execute(database().kysely)
    const again = await store.claim(id, 'worker-a')
    if (again.kind === 'claimed') await store.record(again.lease, transition(wait(SOON, because)))
    expect(await notices()).toEqual(expected)
  })
})
