import { type ReasonCode, type IntentAnswer, RESTING_STATES, type State, STEPS } from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { type DomainRow, toDomain } from './domain-row.ts'
import { notifyDue } from './due.ts'
import type { Tables } from './tables.ts'

/**
 * What every intent does to a row: a newer `gen` overrules the worker that may be at it, and the row is due now, also
 * where a hint is still on its way.
 */
export const wake = sql`
  gen = domains.gen + 1, next_run_at = now(), hinted_until = null, lane = 'interactive', updated_at = now()`

/** Whether there is nothing to look at. An active domain that confirms a change is not at rest. */
export const isAtRest = ({ state, next_run_at }: Pick<DomainRow, 'state' | 'next_run_at'>): boolean =>
  next_run_at === null && RESTING_STATES.includes(state as State)

interface Intent {
  /** Whether it applies, asked of the locked row `found`. */
  when: RawBuilder<boolean>
  /** Assignments besides `wake`. */
  set?: RawBuilder<unknown>
  event: { type: RawBuilder<string>; data?: Record<string, unknown> }
}

/**
 * See `Registry.check`. Whoever asks is at work on the zone, so the schedule of looks starts over. A certificate
 * authority that asked to wait is not asked sooner, whoever asks: its Retry-After is a floor.
 */
export async function check(kysely: Kysely<Tables>, id: string): Promise<IntentAnswer> {
  const found = await apply(kysely, id, {
    when: sql<boolean>`
      (found.next_run_at is not null or found.state <> all(${RESTING_STATES}))
      and (found.reason ->> 'code' is distinct from ${RATE_LIMITED} or found.next_run_at <= now())`,
    set: sql`looks = 0`,
    event: { type: sql<string>`'domain.check_requested'` },
  })
  return found === null ? { kind: 'not_found' } : { kind: 'applied', domain: toDomain(found.row) }
}

const RATE_LIMITED: ReasonCode = 'CA_RATE_LIMITED'

// A failed domain keeps the step it failed at, and the step knows its state.
const STATE_OF_STEP = JSON.stringify(Object.fromEntries(STEPS.map((step) => [step.name, step.from])))

/** See `Registry.retry`. A domain that failed at proving ownership gets a fresh time to prove it in. */
export async function retry(
  kysely: Kysely<Tables>,
  id: string,
  { tokenLifetimeMs }: { tokenLifetimeMs: number },
): Promise<IntentAnswer> {
  const expiresAt = JSON.stringify(new Date(Date.now() + tokenLifetimeMs))
  const found = await apply(kysely, id, {
    when: sql<boolean>`found.state = 'failed' and ${STATE_OF_STEP}::jsonb ? found.step`,
    set: sql`
      state = ${STATE_OF_STEP}::jsonb ->> domains.step, reason = null, attempt = 0, looks = 0,
      verification = case when domains.step = 'verify_ownership'
        then jsonb_set(domains.verification, '{expiresAt}', ${expiresAt}::jsonb) else domains.verification end`,
    event: { type: sql<string>`'domain.' || moved.state`, data: { from: 'failed', because: 'retry' } },
  })
  return answer(found)
}

/**
 * See `Registry.remove`. Leaving begins once: a domain that is leaving already is left at its step, and only its grace
 * can be cut short.
 */
export async function remove(kysely: Kysely<Tables>, id: string, immediate: boolean): Promise<IntentAnswer> {
  const found = await startLeaving(kysely, id, immediate)
  if (found?.applied !== false || found.row.state !== 'deprovisioning') return answer(found)
  if (!immediate) return { kind: 'applied', domain: toDomain(found.row) }
  return answer(await cutGraceShort(kysely, id))
}

const startLeaving = (kysely: Kysely<Tables>, id: string, immediate: boolean): Promise<Found | null> =>
  apply(kysely, id, {
    when: sql<boolean>`found.state not in ('deprovisioning', 'deprovisioned')`,
    set: sql`
      state = 'deprovisioning', step = 'withdraw_route', attempt = 0, reason = null, delete_after = null,
      immediate = ${immediate}`,
    event: { type: sql<string>`'domain.deprovisioning'`, data: { because: 'delete', immediate } },
  })

const cutGraceShort = (kysely: Kysely<Tables>, id: string): Promise<Found | null> =>
  apply(kysely, id, {
    when: sql<boolean>`found.state = 'deprovisioning'`,
    set: sql`immediate = true`,
    event: { type: sql<string>`'domain.grace_cut_short'` },
  })

/** The row after the intent if it applied, else as it was found. */
interface Found {
  applied: boolean
  row: DomainRow
}

const answer = (found: Found | null): IntentAnswer => {
  if (found === null) return { kind: 'not_found' }
  if (!found.applied) return { kind: 'wrong_state', state: found.row.state as State }
  return { kind: 'applied', domain: toDomain(found.row) }
}

/** One statement: the row is judged under its lock, so that an outcome recorded meanwhile is seen, not overwritten. */
async function apply(kysely: Kysely<Tables>, id: string, { when, set, event }: Intent): Promise<Found | null> {
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
      select moved.id, ${event.type}, 'api', ${JSON.stringify(event.data ?? {})}::jsonb from moved
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
