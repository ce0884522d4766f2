import type { Hostname } from '@mooring/core'
import { type RawBuilder, type Transaction, sql } from 'kysely'
import type { Tables } from './tables.ts'

/**
 * Makes the row of a hostname, or locks the one that is there; `select` gives one hostname or none.
 *
 * Whoever writes to more than one claim of a hostname, adds one, or lets the name go, takes this lock before any other:
 * claimants wait for each other here, holding nothing. The update changes nothing; it is there because `do nothing`
 * would neither lock nor return the row that stands.
 */
export const lockedHostname = (select: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  insert into hostnames (hostname) ${select}
  on conflict (hostname) do update set era = hostnames.era
  returning hostname, era`

export interface LockedHostname {
  hostname: Hostname
  era: number
}

/** Null when there is no such domain. */
export async function lockHostnameOf(
  transaction: Transaction<Tables>,
  domainId: string,
): Promise<LockedHostname | null> {
  const { rows } = await sql<LockedHostname>`${lockedHostname(
    sql`select hostname from domains where id = ${domainId}`,
  )}`.execute(transaction)
  return rows[0] ?? null
}
