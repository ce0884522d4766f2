import type { IntentAnswer } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import { type Intent, answerOf, applyIntent } from './intents.ts'
import type { Tables } from './tables.ts'
import { inTransaction } from './transaction.ts'

/**
 * See `Registry.renew`. The certificate is renewed by its own time, so that it is brought forward there too; what the
 * authority would suggest is not asked meanwhile, because its answer would take the time's place.
 */
export function renew(kysely: Kysely<Tables>, id: string): Promise<IntentAnswer> {
  return inTransaction(kysely, async (transaction) => {
    const found = await applyIntent(transaction, id, RENEW)
    if (found?.applied !== true) return answerOf(found)
    await bringForward(transaction, [id])
    return answerOf(found)
  })
}

export const RENEW: Intent = {
  when: sql<boolean>`
        found.state = 'active' and found.certificate_id is not null and found.tls ->> 'mode' = 'auto'`,
  set: sql`renew_at = now(), renewal_attempt = 0, renewal_reason = null`,
  event: { type: sql<string>`'certificate.renewal_requested'` },
}

export async function bringForward(transaction: Kysely<Tables>, ids: readonly string[]): Promise<void> {
  // A wildcard that is shared is renewed by the domain that it belongs to.
  await sql`
      update certificates c
      set renew_at = now(),
          ask_again_at = case when c.ask_again_at is not null then greatest(c.ask_again_at, now() + interval '1 hour') end
      from domains d
      where d.id = any(${ids}) and c.id = d.certificate_id and c.domain_id = d.id`.execute(transaction)
}
