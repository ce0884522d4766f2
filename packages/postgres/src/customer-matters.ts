import { CUSTOMER_TOPICS, type CustomerTopic, DAY, after } from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Tables } from './tables.ts'

const BATCH = 500

interface Matter {
  /** Which domains, as `d`, their customer has to hear of. */
  where(now: Date): RawBuilder<boolean>
  /** What makes it the same matter: told once for each. Text. */
  mark: RawBuilder<string>
}

const TOKEN = sql<string>`md5(d.verification ->> 'token')`
const IS_KEPT_BY_CUSTOMER = sql<boolean>`d.verification ->> 'method' <> 'managed'`
const ISSUED_AT = sql<Date>`coalesce((d.verification ->> 'issuedAt')::timestamptz, d.created_at)`
const ENDED_AT = sql<Date>`coalesce(d.ended_at, d.updated_at)`
// As the index `domains_customer_matter` has it.
const MATTERS = sql<boolean>`
  d.state in ('active', 'suspended') and (d.ownership_missed_at is not null or d.renewal_reason is not null
    or d.verification -> 'previous' ->> 'token' is not null)`

const isMissing = sql<boolean>`d.state = 'verifying' and d.reason ->> 'actor' = 'customer' and ${IS_KEPT_BY_CUSTOMER}`
const epoch = (time: RawBuilder<Date>) => sql<string>`extract(epoch from ${time})::bigint::text`

export const CUSTOMER_MATTERS: Record<CustomerTopic, Matter> = {
  records_to_add: {
    where: (now) => sql`${isMissing} and ${ISSUED_AT} > ${after(now, -DAY)}`,
    mark: TOKEN,
  },
  records_still_missing: {
    where: (now) => sql`${isMissing} and ${ISSUED_AT} <= ${after(now, -DAY)}`,
    mark: TOKEN,
  },
  rotation: {
    where: (now) => sql`
      ${MATTERS} and ${IS_KEPT_BY_CUSTOMER} and (d.verification -> 'previous' ->> 'acceptedUntil')::timestamptz > ${now}`,
    mark: TOKEN,
  },
  proof_lost: {
    where: () => sql`${MATTERS} and ${IS_KEPT_BY_CUSTOMER} and d.ownership_missed_at is not null`,
    mark: epoch(sql`d.ownership_missed_at`),
  },
  certificate_trouble: {
    where: () => sql`${MATTERS} and d.renewal_reason ->> 'actor' = 'customer'`,
    mark: sql`concat(d.certificate_id, ' ', d.renewal_reason ->> 'code')`,
  },
  leaving: {
    where: (now) => sql`d.state = 'deprovisioning' and d.delete_after > ${now}`,
    mark: epoch(sql`d.delete_after`),
  },
  left: {
    where: (now) => sql`d.state = 'deprovisioned' and d.erased_at is null and ${ENDED_AT} > ${after(now, -7 * DAY)}`,
    mark: epoch(ENDED_AT),
  },
}

/** Looks only at domains that have somebody to tell. What happened before there was a contact is no news: who left, left. */
export async function gatherTold(kysely: Kysely<Tables>, now: Date): Promise<number> {
  let noted = 0
  for (const topic of CUSTOMER_TOPICS) {
    const { where, mark } = CUSTOMER_MATTERS[topic]
    const { numAffectedRows } = await sql`
      insert into customer_tellings (domain_id, topic, mark, contact_id, at)
      select d.id, ${topic}, ${mark}, c.id, ${now}
      from domains d
      cross join lateral (
        select contacts.* from contacts
        where contacts.tenant = d.tenant and (contacts.domain_id is null or contacts.domain_id = d.id)
        order by contacts.domain_id nulls last
        limit 1
      ) as c
      where d.tenant in (select tenant from contacts) and ${where(now)}
        and (${topic} <> 'left' or ${ENDED_AT} > c.created_at)
        and not exists (select from unsubscribes u where u.contact_id = c.id and u.topic = ${topic})
        and not exists (
          select from customer_tellings t where t.domain_id = d.id and t.topic = ${topic} and t.mark = ${mark}
        )
      limit ${BATCH}
      on conflict do nothing`.execute(kysely)
    noted += Number(numAffectedRows ?? 0)
  }
  return noted
}
