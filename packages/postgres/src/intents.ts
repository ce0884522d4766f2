import {
  type Clock,
  type IntentAnswer,
  type Lane,
  RESTING_STATES,
  type ReasonCode,
  STEPS,
  type State,
  after,
} from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { type DomainRow, toDomain } from './domain-row.ts'
import { notifyDue } from './due.ts'
import type { Tables } from './tables.ts'

/**
 * What an intent does to a row: a newer `gen` overrules the worker that may be at it, and the row is due now, also
 * where a hint is still on its way.
 */
export const wake = wakeIn('interactive')

function wakeIn(lane: Lane): RawBuilder<unknown> {
  return sql`
  gen = domains.gen + 1, next_run_at = now(), hinted_until = null, lane = ${sql.lit(lane)}, updated_at = now()`
}

export interface Intent {
  /** Whether it applies, asked of the locked row `found`. */
  when: RawBuilder<boolean>
  /** Assignments besides `wake`. */
  set?: RawBuilder<unknown>
  /** Of the row as it is then, `moved`. */
  event: { type: RawBuilder<string>; data?: RawBuilder<unknown> }
}

/** The row after the intent if it applied, else as it was found. */
export interface Found {
  applied: boolean
  row: DomainRow
}

/** One statement: the row is judged under its lock, so that an outcome recorded meanwhile is seen, not overwritten. */
export async function applyIntent(
  kysely: Kysely<Tables>,
  id: string,
  { when, set, event }: Intent,
): Promise<Found | null> {
  const { rows } = await sql<DomainRow & { applied: boolean }>`
    with found as (
      select * from domains where id = ${id} for no key update
    ), moved as (
      update domains
      set ${set === undefined ? wake : sql`${wake}, ${set}`}
      from found
      where domains.id = found.id and (${when})
      returning domains.*
    ), told as (
      insert into events (domain_id, type, actor, data)
      select moved.id, ${event.type}, 'api', ${event.data ?? sql`'{}'::jsonb`} from moved
    )
    select answer.*, (select ${notifyDue} from moved) as told_dispatch
    from (
      select true as applied, moved.* from moved
      union all
      select false, found.* from found where not exists (select from moved)
    ) as answer
  `.execute(kysely)
  const row = rows[0]
  return row === undefined ? null : { applied: row.applied, row }
}

/** The ids of those it applied to, and how many there were. */
export interface FoundMany {
  applied: string[]
  found: number
}

/**
 * The same for many, in one statement: those of `ids` that still match are locked in the order of their ids, and judged
 * under their locks. In the lane where nobody waits: a person's own launch is not behind ten thousand of these.
 */
export async function applyIntents(
  kysely: Kysely<Tables>,
  { ids, matching }: { ids: readonly string[]; matching: RawBuilder<unknown> },
  { when, set, event }: Intent,
): Promise<FoundMany> {
  const { rows } = await sql<FoundMany>`
    with found as (
      select * from domains where id = any(${ids}) and ${matching} order by id for no key update
    ), moved as (
      update domains
      set ${set === undefined ? wakeIn('normal') : sql`${wakeIn('normal')}, ${set}`}
      from found
      where domains.id = found.id and (${when})
      returning domains.*
    ), told as (
      insert into events (domain_id, type, actor, data)
      select moved.id, ${event.type}, 'api', ${event.data ?? sql`'{}'::jsonb`} from moved
    )
    select array(select id from moved) as applied, (select count(*) from found) as found,
      (select ${notifyDue} from moved limit 1) as told_dispatch
  `.execute(kysely)
  return rows[0] ?? { applied: [], found: 0 }
}

export function answerOf(found: Found | null): IntentAnswer {
  if (found === null) return { kind: 'not_found' }
  if (!found.applied) return { kind: 'wrong_state', state: found.row.state as State }
  return { kind: 'applied', domain: toDomain(found.row) }
}

/** For an intent that may find nothing to do. */
export const alwaysApplied = (found: Found | null): IntentAnswer =>
  answerOf(found === null ? null : { ...found, applied: true })

export const dataOf = (data: Record<string, unknown>): RawBuilder<unknown> => sql`${JSON.stringify(data)}::jsonb`

const RATE_LIMITED: ReasonCode = 'CA_RATE_LIMITED'

/**
 * See `Registry.check`. Whoever asks is at work on the zone, so the schedule of looks starts over. A certificate
 * authority that asked to wait is not asked sooner, whoever asks: its Retry-After is a floor. What has failed, and what
 * has left and is not watched any more, has nothing to look at.
 *
 * An active domain without a due time was left there by an older release.
 */
export async function check(kysely: Kysely<Tables>, id: string): Promise<IntentAnswer> {
  return alwaysApplied(await applyIntent(kysely, id, CHECK))
}

export const CHECK: Intent = {
  when: sql<boolean>`
      (found.next_run_at is not null or found.state <> all(${RESTING_STATES}) or found.state in ('active', 'suspended'))
      and (found.reason ->> 'code' is distinct from ${RATE_LIMITED} or found.next_run_at <= now())`,
  set: sql`
      looks = 0,
      step = case when found.state = 'active' and found.next_run_at is null then 'reverify' else domains.step end`,
  event: { type: sql<string>`'domain.check_requested'` },
}

// A failed domain keeps the step it failed at, and the step knows its state.
const STATE_OF_STEP = JSON.stringify(Object.fromEntries(STEPS.map((step) => [step.name, step.from])))

/** See `Registry.retry`. A domain that has not proved its name yet gets a fresh time to prove it in. */
export async function retry(kysely: Kysely<Tables>, id: string, times: TokenTimes): Promise<IntentAnswer> {
  return answerOf(await applyIntent(kysely, id, retryWithin(times)))
}

export const retryWithin = (times: TokenTimes): Intent => ({
  when: sql<boolean>`found.state = 'failed' and ${STATE_OF_STEP}::jsonb ? found.step`,
  set: sql`
      state = ${STATE_OF_STEP}::jsonb ->> domains.step, reason = null, attempt = 0, looks = 0,
      verification = case when domains.step = 'verify_ownership' or not domains.holds
        then ${expiringAfter(times)} else domains.verification end`,
  event: { type: sql<string>`'domain.' || moved.state`, data: dataOf({ from: 'failed', because: 'retry' }) },
})

/** The row's verification, with so much time from now to prove the name in. */
export const expiringAfter = ({ tokenLifetimeMs, clock }: TokenTimes): RawBuilder<unknown> =>
  sql`jsonb_set(domains.verification, '{expiresAt}', ${JSON.stringify(after(clock.now(), tokenLifetimeMs))}::jsonb)`

export interface TokenTimes {
  tokenLifetimeMs: number
  clock: Clock
}
