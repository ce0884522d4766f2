import { type Kysely, sql } from 'kysely'
import { lockedHostname } from './hostnames.ts'
import { inTransaction } from './transaction.ts'
import type { Tables } from './tables.ts'

// A worker of the release before this one may run beside it for a while, and knows neither re-verification nor claims.
// What it leaves behind is put right here; the index `domains_strays` holds nothing else.

const BATCH = 1_000

/** It launched a domain to its end and left it at rest without a due time: its ownership would never be proved again. */
export async function watchStrays(kysely: Kysely<Tables>): Promise<number> {
  const { numAffectedRows } = await sql`
    update domains
    set step = 'reverify', next_run_at = now() + random() * interval '1 day'
    where id in (
      select id from domains where state = 'active' and next_run_at is null
      limit ${BATCH}
      for no key update skip locked
    )`.execute(kysely)
  return Number(numAffectedRows ?? 0)
}

/** It put a domain to rest until its next proof, and knows no renewal: that comes first here. */
export async function wakeForRenewal(kysely: Kysely<Tables>): Promise<number> {
  const { numAffectedRows } = await sql`
    update domains
    set next_run_at = renew_at, lane = 'renewal'
    where id in (
      select id from domains
      where state = 'active' and step = 'reverify' and renew_at < next_run_at
      limit ${BATCH}
      for no key update skip locked
    )`.execute(kysely)
  return Number(numAffectedRows ?? 0)
}

/** It let a domain go and did not say that its hostname is free. Hostnames are locked first; see `record`. */
export async function releaseStrays(kysely: Kysely<Tables>): Promise<number> {
  const { rows: found } = await sql<{ id: string; hostname: string }>`
    select id, hostname from domains where state = 'deprovisioned' and holds limit ${BATCH}`.execute(kysely)
  if (found.length === 0) return 0
  return inTransaction(kysely, async (transaction) => {
    const hostnames = found.map(({ hostname }) => hostname).toSorted()
    await sql`${lockedHostname(sql`select unnest(${hostnames}::text[])`)}`.execute(transaction)
    const { rows: released } = await sql<{ id: string }>`
      update domains set holds = false
      where id = any(${found.map(({ id }) => id)}) and state = 'deprovisioned' and holds
      returning id`.execute(transaction)
    await sql`
      update hostnames set holder = null, released_at = now()
      where holder = any(${released.map(({ id }) => id)})`.execute(transaction)
    return released.length
  })
}
