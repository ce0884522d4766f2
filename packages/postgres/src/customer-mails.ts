import { type CustomerTopic, type Domain, type NoticeMessage, after, newDeliveryId } from '@mooring/core'
import { type Transaction, sql } from 'kysely'
import { CUSTOMER_MATTERS, gatherTold } from './customer-matters.ts'
import type { Database } from './database.ts'
import { type DomainRow, toDomain } from './domain-row.ts'
import type { Tables } from './tables.ts'

/** What one mail lists at most; the rest is in the next one. */
const DOMAINS = 200

export const CUSTOMER_CHANNEL = 'customer-email'

/** What a customer is about to be told, before it has words. */
export interface CustomerMatter {
  topic: CustomerTopic
  contact: { id: string; secret: string; tenant: string; locale: string }
  domains: { domain: Domain; certificateEnds: Date | null }[]
}

export interface MailRules {
  now: Date
  /** How long more of the same is waited for before a mail goes out. */
  gatherMs: number
  /** One mail per contact and topic in this time, at most. */
  windowMs: number
}

export interface CustomerMails {
  /** Notes of each domain what its customer has to be told and was not yet; how many were noted. */
  gather(now: Date): Promise<number>
  /**
   * Writes the next mail that is due, with the words that `word` finds for it, as a delivery; false when none is. What is not
   * so any more is not told.
   */
  writeNext(rules: MailRules, word: (matter: CustomerMatter) => Omit<NoticeMessage, 'id'>): Promise<boolean>
  /** The address for a mail that goes out now; null when the contact is gone or wants no more of the topic. */
  addressOf(contactId: string, topic: CustomerTopic): Promise<string | null>
}

/** Mails to customers: what is told of a domain is noted once, gathered by contact and topic, and written as a delivery. */
export function createCustomerMails({ kysely }: Pick<Database, 'kysely'>): CustomerMails {
  return {
    gather: (now) => gatherTold(kysely, now),

    async writeNext(rules, word) {
      const { rows } = await sql<{ contact_id: string; topic: CustomerTopic }>`
        select contact_id, topic from customer_tellings
        where told_at is null
        group by contact_id, topic
        having min(at) <= ${after(rules.now, -rules.gatherMs)} and not ${toldLately(rules)}
        limit 1`.execute(kysely)
      const [due] = rows
      if (due === undefined) return false
      return kysely.transaction().execute((transaction) => writeOne(transaction, due, { rules, word }))
    },

    async addressOf(contactId, topic) {
      const { rows } = await sql<{ email: string }>`
        select email from contacts
        where id = ${contactId}
          and not exists (select from unsubscribes where contact_id = ${contactId} and topic = ${topic})
      `.execute(kysely)
      return rows[0]?.email ?? null
    },
  }
}

const toldLately = ({ now, windowMs }: MailRules) => sql<boolean>`exists (
  select from customer_tellings told
  where told.contact_id = customer_tellings.contact_id and told.topic = customer_tellings.topic
    and told.told_at > ${after(now, -windowMs)}
)`

async function writeOne(
  transaction: Transaction<Tables>,
  { contact_id: contactId, topic }: { contact_id: string; topic: CustomerTopic },
  { rules, word }: { rules: MailRules; word: (matter: CustomerMatter) => Omit<NoticeMessage, 'id'> },
): Promise<boolean> {
  // Locked, so that of two schedulers one writes; the other finds it told.
  const contact = await transaction
    .selectFrom('contacts')
    .select(['id', 'secret', 'tenant', 'locale'])
    .where('id', '=', contactId)
    .forUpdate()
    .executeTakeFirst()
  if (contact === undefined) return true
  const { rows: standing } = await sql<{ told_lately: boolean; is_wanted: boolean }>`
    select exists (
      select from customer_tellings
      where contact_id = ${contactId} and topic = ${topic} and told_at > ${after(rules.now, -rules.windowMs)}
    ) as told_lately,
    not exists (select from unsubscribes where contact_id = ${contactId} and topic = ${topic}) as is_wanted
  `.execute(transaction)
  // The other scheduler wrote it a moment ago; what came since waits for its turn.
  if (standing[0]?.told_lately === true) return true

  const { where, mark } = CUSTOMER_MATTERS[topic]
  const { rows } = await sql<DomainRow & { told_mark: string; still: boolean; certificate_ends: Date | null }>`
    select d.*, t.mark as told_mark, coalesce(${where(rules.now)} and ${mark} = t.mark, false) as still,
      (select not_after from certificates where certificates.id = d.certificate_id) as certificate_ends
    from customer_tellings t join domains d on d.id = t.domain_id
    where t.contact_id = ${contactId} and t.topic = ${topic} and t.told_at is null
    order by d.hostname
    limit ${DOMAINS}`.execute(transaction)
  const isWanted = standing[0]?.is_wanted === true
  const told = rows.filter(({ still }) => still)
  const deliveryId = isWanted && told.length > 0 ? newDeliveryId() : null
  if (deliveryId !== null) {
    const domains = told.map((row) => ({ domain: toDomain(row), certificateEnds: row.certificate_ends }))
    await transaction
      .insertInto('deliveries')
      .values({
        id: deliveryId,
        channel: CUSTOMER_CHANNEL,
        body: JSON.stringify(word({ topic, contact, domains })),
        last_error: null,
      })
      .execute()
  }
  // What is over by now may come again, and then it is news.
  await sql`
    with done as (
      select * from jsonb_to_recordset(${JSON.stringify(rows.map(({ id, told_mark, still }) => ({ id, mark: told_mark, still })))}::jsonb)
        as d (id text, mark text, still boolean)
    ), over as (
      delete from customer_tellings t using done
      where not done.still and t.domain_id = done.id and t.topic = ${topic} and t.mark = done.mark
    )
    update customer_tellings t set told_at = ${rules.now}, delivery_id = ${deliveryId}
    from done
    where done.still and t.domain_id = done.id and t.topic = ${topic} and t.mark = done.mark`.execute(transaction)
  return true
}
