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
import { type Database, createClaims, createDomainStore, createRegistry } from '@mooring/postgres'
import { sql } from 'kysely'
import { beforeEach } from 'vitest'
import { NO_CLOCKS } from './no-clocks.ts'
import { aDomain } from './domain.ts'
import { usePostgres } from '../services/test-database.ts'

export const HOSTNAME = 'shop.example.com' as Hostname
export const TOKEN_TIMES = { tokenLifetimeMs: 604_800_000, rotationGraceMs: 86_400_000 }
export const PROVED_AT = new Date('2026-11-20T10:00:00.000Z')
export const proof: Transition = {
  step: 'verify_ownership',
  outcome: done({ ownershipVerifiedAt: PROVED_AT, ownershipMissedAt: null, takesHostname: true }),
  next: { state: 'verifying', step: 'verify_routing' },
  reason: null,
  attempt: 1,
  route: null,
  ...NO_CLOCKS,
  due: 'now',
}

/** A claim that looks for its proof right now, and what it saw when it began. */
export interface Looking {
  id: string
  lease: Lease
  domain: Domain
}

/** For each test: stores over an empty database, and claims of `HOSTNAME` at the point where they look for their proof. */
export function useClaims() {
  const postgres = usePostgres()
  const { database } = postgres
  let registry: Registry
  let store: DomainStore
  let claims: Claims
  beforeEach(() => {
    registry = createRegistry(database(), TOKEN_TIMES)
    store = createDomainStore(database(), { leaseMs: 60_000 })
    claims = createClaims(database())
  })

  const aNew = (overrides: Partial<NewDomain> = {}): NewDomain => {
    const { target, tls, edgePool, metadata, lane } = aDomain()
    const now = new Date()
    const verification = {
      ...aDomain().verification,
      issuedAt: now,
      expiresAt: new Date(now.getTime() + TOKEN_TIMES.tokenLifetimeMs),
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

  const prove = ({ lease }: Looking, { kysely }: Database = database()): Promise<RecordAnswer> =>
    createDomainStore({ ...database(), kysely }, { leaseMs: 60_000 }).record(lease, proof)

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

  async function releaseStep(id: string): Promise<string> {
    await sql`
      update domains set state = 'deprovisioning', step = 'release', next_run_at = now(), lease_until = null
      where id = ${id}`.execute(database().kysely)
    return id
  }

  return {
    ...postgres,
    registry: () => registry,
    store: () => store,
    claims: () => claims,
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
  }
}
