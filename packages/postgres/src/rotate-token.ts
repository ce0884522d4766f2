import { type IntentAnswer, newToken } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import { type TokenTimes, alwaysApplied, answerOf, applyIntent } from './intents.ts'
import type { Tables } from './tables.ts'

interface RotationTimes extends TokenTimes {
  rotationGraceMs: number
}

const ROTATES = sql<boolean>`found.state not in ('failed', 'deprovisioning', 'deprovisioned')`

// In a managed zone, and at a web server that showed it once, the customer keeps nothing that could be renewed.
const IS_KEPT = sql<boolean>`
  (found.verification ->> 'method' in ('txt', 'cname')
   or (found.verification ->> 'method' = 'http' and found.ownership_verified_at is null))`

/**
 * See `Registry.rotateToken`. The token that is good beside the new one is the one that was proved: asked for twice in a
 * row, it is not the token made in between, which the customer may never have seen.
 */
export async function rotateToken(
  kysely: Kysely<Tables>,
  id: string,
  { tokenLifetimeMs, rotationGraceMs, clock }: RotationTimes,
): Promise<IntentAnswer> {
  const now = clock.now().getTime()
  const acceptedUntil = new Date(now + rotationGraceMs).toISOString()
  const made = {
    token: newToken(),
    issuedAt: new Date(now).toISOString(),
    expiresAt: new Date(now + tokenLifetimeMs).toISOString(),
    previous: null,
  }
  const found = await applyIntent(kysely, id, {
    when: sql<boolean>`${ROTATES} and ${IS_KEPT}`,
    set: sql`
      looks = 0,
      verification = domains.verification || ${JSON.stringify(made)}::jsonb || case
        when domains.ownership_verified_at is null then '{}'::jsonb
        else jsonb_build_object('previous', jsonb_build_object(
          'token', case
            when (domains.verification -> 'previous' ->> 'acceptedUntil')::timestamptz > now()
            then domains.verification -> 'previous' -> 'token' else domains.verification -> 'token' end,
          'acceptedUntil', ${acceptedUntil}::text,
          'reminders', 0
        )) end`,
    event: {
      type: sql<string>`'ownership.rotation_started'`,
      data: sql`jsonb_strip_nulls(
        jsonb_build_object('accepted_until', moved.verification -> 'previous' ->> 'acceptedUntil'))`,
    },
  })
  if (found?.applied !== false || ['failed', 'deprovisioning', 'deprovisioned'].includes(found.row.state)) {
    return answerOf(found)
  }
  return alwaysApplied(found)
}
