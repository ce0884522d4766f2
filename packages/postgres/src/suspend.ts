import { type IntentAnswer, type Reason, reason } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import { type Intent, answerOf, applyIntent, dataOf } from './intents.ts'
import type { Tables } from './tables.ts'

const byOperator: Reason = reason(
  'SUSPENDED_BY_OPERATOR',
  'A person suspended this domain: visitors see a holding page until it is resumed.',
)

/** See `Registry.suspend`. */
export async function suspend(kysely: Kysely<Tables>, id: string): Promise<IntentAnswer> {
  return answerOf(await applyIntent(kysely, id, SUSPEND))
}

export const SUSPEND: Intent = {
  when: sql<boolean>`found.state = 'active'`,
  set: sql`
      state = 'suspended', step = 'publish_holding', suspension = 'operator', attempt = 0,
      reason = ${JSON.stringify(byOperator)}::jsonb`,
  event: {
    type: sql<string>`'domain.suspended'`,
    data: dataOf({ from: 'active', because: 'suspend', reason: byOperator }),
  },
}

/**
 * See `Registry.resume`. The certificate was kept, so that a domain suspended by a person only publishes its route again.
 * One whose proof was lost, and one that is on its way back already, goes on at its step.
 */
export async function resume(kysely: Kysely<Tables>, id: string): Promise<IntentAnswer> {
  return answerOf(await applyIntent(kysely, id, RESUME))
}

const byPerson = sql`found.suspension is not distinct from 'operator'`

export const RESUME: Intent = {
  when: sql<boolean>`found.state = 'suspended'`,
  set: sql`
      looks = 0,
      suspension = case when ${byPerson} then null else domains.suspension end,
      step = case when ${byPerson} then 'republish_route' else domains.step end,
      attempt = case when ${byPerson} then 0 else domains.attempt end,
      reason = case when ${byPerson} then null else domains.reason end`,
  event: { type: sql<string>`'domain.resume_requested'` },
}
