import { AppError } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

/** See `Registry.challengeAnswer`. A token asked for under another name is no answer there, nor is a TXT record's row. */
export async function challengeAnswer(kysely: Kysely<Tables>, token: string, hostname: string): Promise<string | null> {
  const row = await kysely
    .selectFrom('challenges')
    .select('key_authorization')
    .where('token', '=', token)
    .where('hostname', '=', hostname)
    .where('type', '=', 'http-01')
    .executeTakeFirst()
  return row?.key_authorization ?? null
}

/** What somebody has to be able to read before the CA asks, for an order that is under way. */
export interface ChallengeAnswer {
  token: string
  keyAuthorization: string
  hostname: string
  orderUrl: string
}

/** Stores an answer that came up in the middle of an order. Throws `CONFLICT` when nobody has that order under way. */
export async function publishChallengeAnswer({ kysely }: Database, answer: ChallengeAnswer): Promise<void> {
  const { token, keyAuthorization, hostname, orderUrl } = answer
  const { rows } = await sql`
    insert into challenges (token, domain_id, certificate_id, hostname, key_authorization)
    select ${token}, d.id, c.id, d.hostname, ${keyAuthorization}
    from certificates c join domains d on d.id = c.domain_id
    where c.status = 'ordering' and c.order_url = ${orderUrl} and d.hostname = ${hostname}
    on conflict (token) do update set key_authorization = excluded.key_authorization
    returning token`.execute(kysely)
  if (rows.length === 0)
    throw new AppError('CONFLICT', 'No order is under way for this answer.', { facts: { orderUrl } })
}
