import type { Changes, Lease, Outcome, Reason, RecordAnswer, Transition } from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { type DomainRow, toDomain } from './domain-row.ts'
import { milliseconds, notifyDue } from './due.ts'
import { giveUp, isHeld } from './lease.ts'
import type { Tables } from './tables.ts'

interface Recording {
  lease: Lease
  transition: Transition
  leaseMs: number
}

/**
 * See `DomainStore.record`. One statement, so that a transition is there wholly or not at all.
 *
 * - `held`       the fence: no row, and nothing below happens. Locked, so that an intent comes either before this
 *                outcome, which then no longer stands, or after it
 * - `pool`       the next generation, when the outcome changes the route. The pool's row stays locked until the
 *                commit: generations become visible in their order, and an edge that has seen 8 has not missed 7
 * - `decided`    the outcome stands
 * - `overruled`  a newer intent came: facts stay, decisions do not, and the attempt is given back
 *
 * Locks are taken in the order domain, pool, everywhere; the other order somewhere would deadlock.
 */
export async function record(kysely: Kysely<Tables>, { lease, transition, leaseMs }: Recording): Promise<RecordAnswer> {
  const { step, outcome, next, attempt, route, due } = transition
  const changes = changesOf(outcome)
  const because = reasonOf(outcome)
  const reason = transition.reason === null ? null : JSON.stringify(transition.reason)
  const { rows } = await sql<DomainRow & { stands: boolean }>`
    with held as (
      select id, state, reason, edge_pool, gen = ${lease.gen} as stands
      from domains
      where ${isHeld(lease)}
      for no key update
    ), pool as (
      update edge_pools
      set generation = generation + 1
      from held
      where edge_pools.name = held.edge_pool and held.stands and ${route}::text is not null
      returning edge_pools.generation
    ), decided as (
      update domains
      set ${facts(changes)},
          state = ${next.state},
          step = ${next.step},
          reason = ${reason}::jsonb,
          attempt = ${attempt},
          activated_at = coalesce(${changes.activatedAt ?? null}, activated_at),
          delete_after = coalesce(${changes.deleteAfter ?? null}, delete_after),
          route_generation = coalesce((select generation from pool), route_generation),
          ${due === 'now' ? goOn(leaseMs) : rest(due)}
      from held
      where domains.id = held.id and held.stands
      returning domains.*
    ), overruled as (
      update domains
      set ${facts(changes)},
          attempt = greatest(attempt - 1, 0),
          ${giveUp},
          next_run_at = now()
      from held
      where domains.id = held.id and not held.stands
    ), closed as (
      update attempts
      set outcome = case when held.stands then ${outcome.kind} else 'superseded' end,
          code = ${because?.code ?? null},
          detail = ${because?.message ?? null},
          finished_at = clock_timestamp()
      from held
      where attempts.domain_id = held.id and attempts.lease_token = ${lease.token} and attempts.outcome = 'running'
    ), opened as (
      insert into attempts (domain_id, lease_token, step, worker)
      select id, lease_token, step, leased_by from decided where lease_until is not null
    ), told as (
      insert into events (domain_id, type, actor, data)
      select id, 'domain.' || decided.state, 'mooring',
             jsonb_strip_nulls(jsonb_build_object('from', held.state, 'after', ${step}::text, 'reason', decided.reason))
      from decided join held using (id)
      where decided.state <> held.state
    ), routed as (
      insert into routes (domain_id, hostname, edge_pool, generation, variant, target, certificate_id)
      select id, hostname, edge_pool, generation, ${route}, target,
             case when ${route}::text = 'https' then certificate_id end
      from decided, pool
      on conflict (domain_id) do update
      set edge_pool = excluded.edge_pool, generation = excluded.generation, variant = excluded.variant,
          target = excluded.target, certificate_id = excluded.certificate_id
    ), noticed as (
      insert into notice_outbox (group_key, domain_id, hostname, reason)
      select decided.reason ->> 'code', id, hostname, decided.reason
      from decided join held using (id)
      where ${isNotice(outcome)}
    )
    select held.stands, decided.*,
           (select pg_notify('mooring_routes', held.edge_pool) from pool) as told_edges,
           (select ${notifyDue} where not held.stands) as told_dispatch
    from held left join decided on decided.id = held.id
  `.execute(kysely)

  const row = rows[0]
  if (row === undefined) return { kind: 'lost' }
  if (!row.stands) return { kind: 'superseded' }
  return { kind: 'recorded', domain: toDomain(row), leased: row.lease_until !== null }
}

/** What was found is true whoever decides what follows from it. Findings of purposes not looked at stay. */
const facts = ({ dns, looks, ownershipVerifiedAt, routingVerifiedAt }: Changes): RawBuilder<unknown> => sql`
  dns = domains.dns || ${JSON.stringify(dns ?? {})}::jsonb,
  looks = coalesce(${looks ?? null}, domains.looks),
  ownership_verified_at = coalesce(${ownershipVerifiedAt ?? null}, domains.ownership_verified_at),
  routing_verified_at = coalesce(${routingVerifiedAt ?? null}, domains.routing_verified_at),
  updated_at = now()`

/** The next step follows under the same lease, which is as long as a fresh one. */
const goOn = (leaseMs: number): RawBuilder<unknown> => sql`
  next_run_at = now(), lease_until = now() + ${milliseconds(leaseMs)}`

// Nobody waits for what the clock brings back: whoever asks again puts it into the urgent lane.
const rest = (until: Date | null): RawBuilder<unknown> => sql`${giveUp}, next_run_at = ${until}, lane = 'normal'`

/**
 * Which outcomes ops hear of: whatever broke or failed, and a wait for an operator or a CA when it begins. The same
 * wait looked at again is no news.
 */
function isNotice(outcome: Outcome): RawBuilder<boolean> {
  if (outcome.kind === 'retry' || outcome.kind === 'failed') return sql<boolean>`true`
  if (outcome.kind === 'done' || !['operator', 'ca'].includes(outcome.because.actor)) return sql<boolean>`false`
  return sql<boolean>`held.reason ->> 'code' is distinct from decided.reason ->> 'code'`
}

const changesOf = (outcome: Outcome): Changes => ('changes' in outcome ? outcome.changes : {})

const reasonOf = (outcome: Outcome): Reason | null => ('because' in outcome ? outcome.because : null)
