import { randomBytes } from 'node:crypto'
import {
  type Contact,
  type ContactBook,
  type ContactPlace,
  type CustomerTopic,
  isUnsubscribeToken,
  newContactId,
  readUnsubscribeToken,
} from '@mooring/core'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

const SECRET_BYTES = 32

type ContactRow = Selectable<Tables['contacts']> & { unsubscribed: CustomerTopic[] }

export function createContactBook({ kysely }: Pick<Database, 'kysely'>): ContactBook {
  return {
    async find(place) {
      const { rows } = await selectContact(placeIs(place)).execute(kysely)
      return rows[0] === undefined ? null : toContact(rows[0])
    },

    async put({ tenant, domainId }, { email, locale }) {
      const id = newContactId()
      const secret = randomBytes(SECRET_BYTES).toString('base64url')
      // Another address is another person: the links and wishes of the one before are void.
      const isPut = await kysely.transaction().execute(async (transaction) => {
        await sql`delete from contacts where ${placeIs({ tenant, domainId })} and email <> ${email}`.execute(
          transaction,
        )
        const { rows } = await sql<{ id: string }>`
        insert into contacts (id, tenant, domain_id, email, locale, secret)
        select ${id}, ${tenant}, ${domainId}, ${email}, ${locale}, ${secret}
        where ${domainId}::text is null
          or exists (select from domains d where d.id = ${domainId} and d.tenant = ${tenant})
        on conflict (tenant, domain_id) do update
        set locale = excluded.locale, email = excluded.email
        returning id`.execute(transaction)
        return rows.length > 0
      })
      return isPut ? this.find({ tenant, domainId }) : null
    },

    async remove(place) {
      const { rows } = await sql`delete from contacts where ${placeIs(place)} returning id`.execute(kysely)
      return rows.length > 0
    },

    async unsubscribe(token) {
      const proved = await prove(token)
      if (proved === null) return false
      await kysely
        .insertInto('unsubscribes')
        .values({ contact_id: proved.contactId, topic: proved.topic })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      return true
    },

    topicOf: async (token) => (await prove(token))?.topic ?? null,
  }

  async function prove(token: string): Promise<{ contactId: string; topic: CustomerTopic } | null> {
    const claimed = readUnsubscribeToken(token)
    if (claimed === null) return null
    const contact = await kysely
      .selectFrom('contacts')
      .select(['id', 'secret'])
      .where('id', '=', claimed.contactId)
      .executeTakeFirst()
    return contact !== undefined && isUnsubscribeToken(token, contact, claimed.topic) ? claimed : null
  }
}

const placeIs = ({ tenant, domainId }: ContactPlace): RawBuilder<boolean> =>
  sql<boolean>`contacts.tenant = ${tenant} and contacts.domain_id is not distinct from ${domainId}`

const selectContact = (where: RawBuilder<boolean>): RawBuilder<ContactRow> => sql<ContactRow>`
  select contacts.*, array(select topic from unsubscribes u where u.contact_id = contacts.id order by 1) as unsubscribed
  from contacts where ${where}`

const toContact = (row: ContactRow): Contact => ({
  id: row.id,
  tenant: row.tenant,
  domainId: row.domain_id,
  email: row.email,
  locale: row.locale,
  unsubscribed: row.unsubscribed,
  createdAt: row.created_at,
})
