import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

/** See `Registry.challengeAnswer`. A token asked for under another name is no answer there. */
export async function challengeAnswer(kysely: Kysely<Tables>, token: string, hostname: string): Promise<string | null> {
  const row = await kysely
    .selectFrom('challenges')
    .select('key_authorization')
    .where('token', '=', token)
    .where('hostname', '=', hostname)
    .executeTakeFirst()
  return row?.key_authorization ?? null
}
