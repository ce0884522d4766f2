import {
  type Changes,
  type Lane,
  type Lease,
  type Outcome,
  type Reason,
  type ReasonCode,
  type RecordAnswer,
  type State,
  type Transition,
  tracedIdOf,
} from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { type DomainRow, toDomain } from './domain-row.ts'
import { LOOKS } from './change.ts'
import { milliseconds, notifyDue } from './due.ts'
import { decisions, facts, factsOfOverruled } from './changed-columns.ts'
import { giveUp, isHeld } from './lease.ts'
import { publishes, removedAlreadyAt, routeColumns } from './route-columns.ts'
import type { Tables } from './tables.ts'

export interface Recording {
  lease: Lease
  transition: Transition
  leaseMs: number
}

/**
 * The statement that writes a transition.
 *
 * - `held`       the fence: no row, and nothing below happens. Locked, so that an intent comes either before this
 *                outcome, which then no longer stands, or after it
 * - `pool`       the next generation, when the outcome changes the route. The pool's row stays locked until the
 *                commit: generations become visible in their order, and an edge that has seen 8 has not missed 7
 * - `decided`    the outcome stands
 * - `overruled`  a newer intent came: facts stay, decisions do not, and the attempt is given back
 * - `displaced`  the route of the claim that held the name before: an edge learns of both in one generation, so that
 *                visitors are served by the one or by the other, never by none
 */
export async function writeTransition(
  kysely: Kysely<Tables>,
  { lease, transition, leaseMs }: Recording,
): Promise<RecordAnswer> {
  const { step, outcome, next, attempt, route, due, lane } = transition
  const changes = changesOf(outcome)
  const because = reasonOf(outcome)
  const { rows } = await sql<DomainRow & { stands: boolean }>`
    with held as (
      select id, state, reason, renewal_reason, edge_pool, gen = ${lease.gen} as stands, ${removedAlreadyAt(route)} as removed_at
      from domains
      where ${isHeld(lease)}
      for no key update
    ), pool as (
      update edge_pools
      set generation = generation + 1
      from held
      where edge_pools.name = held.edge_pool and held.stands and ${route}::text is not null and held.removed_at is null
      returning edge_pools.generation
    ), decided as (
      update domains
      set ${facts(changes)},
          ${decisions(changes)},
          state = ${next.state},
          step = ${next.step},
          reason = ${transition.reason === null ? null : JSON.stringify(transition.reason)}::jsonb,
          attempt = ${attempt},
          ended_at = case when ${next.state} = 'deprovisioned' then coalesce(domains.ended_at, now()) end,
          takes_over_from = case when ${publishes(route)} then null else domains.takes_over_from end,
          route_generation = coalesce((select generation from pool), held.removed_at, domains.route_generation),
          ${clocks(transition)},
          ${due === 'now' ? goOn(leaseMs) : rest(due, lane)}
      from held
      where domains.id = held.id and held.stands
      returning domains.*
    ), overruled as (
      update domains
      set ${factsOfOverruled(changes)},
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
          trace_id = ${tracedIdOf(transition.traceparent)},
          finished_at = clock_timestamp()
      from held
      where attempts.domain_id = held.id and attempts.lease_token = ${lease.token} and attempts.outcome = 'running'
    ), opened as (
      insert into attempts (domain_id, lease_token, step, worker)
      select id, lease_token, step, leased_by from decided where lease_until is not null
    ), ${traced(transition)} told as (
      insert into events (domain_id, type, actor, data)
      select id, type, 'mooring', data
      from (
        select id, 0 as place, 'domain.' || decided.state as type,
               jsonb_strip_nulls(
                 jsonb_build_object('from', held.state, 'after', ${step}::text, 'reason', decided.reason)
               ) as data
        from decided join held using (id)
        where decided.state <> held.state
        union all
        select id, 0, 'certificate.renewal_failed', jsonb_build_object('reason', decided.renewal_reason)
        from decided join held using (id)
        where decided.renewal_reason ->> 'actor' <> 'nobody' and decided.renewal_reason ->> 'code' not like 'EDGE%'
          and decided.renewal_reason ->> 'code' is distinct from held.renewal_reason ->> 'code'
        union all
        select id, 0, 'domain.action_required', jsonb_build_object('reason', decided.reason)
        from decided join held using (id)
        where ${asksTheCustomer(transition)}
          and decided.reason ->> 'code' is distinct from held.reason ->> 'code'
        union all
        select id, place, event ->> 'type', coalesce(event -> 'data', '{}')
        from decided, jsonb_array_elements(${JSON.stringify(changes.events ?? [])}::jsonb) with ordinality as besides (event, place)
      ) as happened
      order by place
    ), released as (
      update hostnames
      set holder = null, released_at = now()
      from decided
      where hostnames.holder = decided.id and ${changes.releasesHostname === true}
    ), displaced as (
      update routes
      set generation = pool.generation, variant = 'removed', certificate_id = null
      from decided, pool
      where ${publishes(route)} and decided.holds
        and routes.hostname = decided.hostname and routes.edge_pool = decided.edge_pool
        and routes.variant <> 'removed' and routes.domain_id <> decided.id
      returning routes.domain_id
    ), routed as (
      insert into routes (domain_id, hostname, edge_pool, generation, variant, target, certificate_id)
      select id, hostname, edge_pool, pool.generation, ${routeColumns(route)}
      -- Counted, so that the other route is gone by the time this one comes: an edge serves one per name.
      from decided, pool, (select count(*) from displaced) as others_first
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

/** The next step follows under the same lease, which is as long as a fresh one. */
const goOn = (leaseMs: number): RawBuilder<unknown> => sql`
  next_run_at = now(), lease_until = now() + ${milliseconds(leaseMs)}`

// Nobody waits for what the clock brings back: whoever asks again puts it into the urgent lane.
const rest = (until: Date | null, lane: Lane | null): RawBuilder<unknown> =>
  sql`${giveUp}, next_run_at = ${until}, lane = ${lane ?? 'normal'}`

/** A trace goes on for as long as there is something to do, also where that takes days. A look at what stands is one by itself. */
const endsTrace = ({ due, next }: Transition): boolean => due === null || (due !== 'now' && LOOKS.includes(next.step))

/** The step's own trace is the work's, where no request began one. Written where something is traced alone. */
function traced(transition: Transition): RawBuilder<unknown> {
  if (endsTrace(transition)) {
    return sql`trace_ended as (delete from domain_traces using decided where domain_traces.domain_id = decided.id),`
  }
  if (transition.traceparent === undefined) return sql``
  return sql`trace_begun as (
      insert into domain_traces (domain_id, traceparent) select id, ${transition.traceparent} from decided
      on conflict do nothing
    ),`
}

const clocks = ({ reverifyAt, renewal }: Transition): RawBuilder<unknown> => sql`
  reverify_at = ${reverifyAt},
  renew_at = case when ${renewal !== null}::boolean then ${renewal?.at ?? null}::timestamptz else domains.renew_at end,
  renewal_attempt = coalesce(${renewal?.attempt ?? null}, domains.renewal_attempt),
  renewal_reason = case
    when ${renewal !== null}::boolean then ${renewal?.because == null ? null : JSON.stringify(renewal.because)}::jsonb
    else domains.renewal_reason
  end`

const DONE_BY_OPS: ReasonCode = 'SUSPENDED_BY_OPERATOR'

/**
 * Which outcomes ops hear of: whatever broke or failed, and a wait for an operator or a CA when it begins. The same
 * wait looked at again is no news, nor is what one of them did.
 */
function isNotice(outcome: Outcome): RawBuilder<boolean> {
  if (outcome.kind === 'retry' || outcome.kind === 'failed') return sql<boolean>`true`
  if (outcome.kind === 'done') return sql<boolean>`false`
  const { actor, code } = outcome.because
  if (!['operator', 'ca'].includes(actor) || code === DONE_BY_OPS) return sql<boolean>`false`
  return sql<boolean>`held.reason ->> 'code' is distinct from decided.reason ->> 'code'`
}

/** Whether a launch waits for the customer now. What an active domain misses is told where it is judged (`reverify`). */
const asksTheCustomer = ({ outcome, next }: Transition): boolean =>
  (outcome.kind === 'wait' || outcome.kind === 'retry') &&
  outcome.because.actor === 'customer' &&
  LAUNCHING.includes(next.state)

const LAUNCHING: readonly State[] = ['pending', 'verifying', 'verified', 'provisioning_cert']

export const changesOf = (outcome: Outcome): Changes => ('changes' in outcome ? outcome.changes : {})

const reasonOf = (outcome: Outcome): Reason | null => ('because' in outcome ? outcome.because : null)
