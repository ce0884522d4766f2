import { type IntentAnswer, type StepName } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import { toDomain } from './domain-row.ts'
import { type Found, type Intent, type TokenTimes, answerOf, applyIntent, dataOf, expiringAfter } from './intents.ts'
import type { Tables } from './tables.ts'

interface Leaving {
  immediate: boolean
  revoke: boolean
}

/**
 * See `Registry.remove`. Leaving begins once: a domain that is leaving already is left at its step; only its grace can be
 * cut short, and the revocation of its certificate asked for.
 */
export async function remove(kysely: Kysely<Tables>, id: string, options: Leaving): Promise<IntentAnswer> {
  const found = await startLeaving(kysely, id, options)
  if (found?.applied !== false || found.row.state !== 'deprovisioning') return answerOf(found)
  if (!options.immediate && !options.revoke) return { kind: 'applied', domain: toDomain(found.row) }
  return answerOf(await askForMore(kysely, id, options))
}

const startLeaving = (kysely: Kysely<Tables>, id: string, options: Leaving): Promise<Found | null> =>
  applyIntent(kysely, id, leaveWith(options))

export const leaveWith = ({ immediate, revoke }: Leaving): Intent => ({
  when: sql<boolean>`found.state not in ('deprovisioning', 'deprovisioned')`,
  set: sql`
      state = 'deprovisioning', step = 'withdraw_route', attempt = 0, reason = null, delete_after = null,
      immediate = ${immediate}, revoke = ${revoke}`,
  event: {
    type: sql<string>`'domain.deprovisioning'`,
    data: dataOf({ because: 'delete', immediate, revoke }),
  },
})

const askForMore = (kysely: Kysely<Tables>, id: string, { immediate, revoke }: Leaving): Promise<Found | null> =>
  applyIntent(kysely, id, {
    when: sql<boolean>`found.state = 'deprovisioning'`,
    set: sql`immediate = domains.immediate or ${immediate}::boolean, revoke = domains.revoke or ${revoke}::boolean`,
    event: {
      type: sql<string>`${immediate ? 'domain.grace_cut_short' : 'domain.revocation_requested'}`,
      data: dataOf({ immediate, revoke }),
    },
  })

/** From the certificate's revocation on there is no way back, and a name that moved is somebody else's. */
const CAN_COME_BACK: readonly StepName[] = ['withdraw_route', 'confirm_withdrawal', 'remove_records', 'sit_out_grace']

/** See `Registry.restore`. It goes the way of a launch again, with the token and the certificate that it has. */
export async function restore(kysely: Kysely<Tables>, id: string, times: TokenTimes): Promise<IntentAnswer> {
  const found = await applyIntent(kysely, id, {
    when: sql<boolean>`found.state = 'deprovisioning' and found.holds and found.step = any(${CAN_COME_BACK})`,
    set: sql`
      state = 'pending', step = 'accept', attempt = 0, looks = 0, reason = null, delete_after = null,
      immediate = false, revoke = false, suspension = null, ownership_missed_at = null,
      verification = ${expiringAfter(times)}`,
    event: { type: sql<string>`'domain.restored'`, data: dataOf({ from: 'deprovisioning' }) },
  })
  return answerOf(found)
}
