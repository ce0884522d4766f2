import { AppError, type IntentAnswer } from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { DomainRow } from './domain-row.ts'
import { answerOf } from './intents.ts'
import type { Tables } from './tables.ts'

/** See `Registry.giveConsent`. Given twice, it is given once. */
export const giveConsent = (kysely: Kysely<Tables>, id: string, tenant: string): Promise<IntentAnswer> =>
  write(kysely, id, {
    tenant,
    changed: sql`
      insert into consents (domain_id, tenant) select id, ${tenant} from found where holds and tenant <> ${tenant}
      on conflict do nothing
      returning domain_id`,
    event: 'domain.consent_given',
  })

/** See `Registry.withdrawConsent`. */
export const withdrawConsent = (kysely: Kysely<Tables>, id: string, tenant: string): Promise<IntentAnswer> =>
  write(kysely, id, {
    tenant,
    changed: sql`
      delete from consents using found where domain_id = id and consents.tenant = ${tenant} and holds
      returning domain_id`,
    event: 'domain.consent_withdrawn',
  })

interface ConsentChange {
  tenant: string
  changed: RawBuilder<unknown>
  event: string
}

/** No worker is woken: a consent counts from the next look on. Only who holds the name has anything to consent to. */
async function write(
  kysely: Kysely<Tables>,
  id: string,
  { tenant, changed, event }: ConsentChange,
): Promise<IntentAnswer> {
  const { rows } = await sql<DomainRow>`
    with found as (
      select * from domains where id = ${id} for no key update
    ), changed as (
      ${changed}
    ), told as (
      insert into events (domain_id, type, actor, data)
      select domain_id, ${event}, 'api', jsonb_build_object('tenant', ${tenant}::text) from changed
    )
    select * from found
  `.execute(kysely)
  const row = rows[0]
  if (row?.tenant === tenant) throw toItself()
  return answerOf(row === undefined ? null : { applied: row.holds, row })
}

function toItself(): AppError {
  const message = 'A tenant needs no consent for names below its own.'
  return new AppError('INVALID', message, {
    facts: { errors: [{ path: 'tenant', code: 'CONSENT_TO_ITSELF', message }] },
  })
}
