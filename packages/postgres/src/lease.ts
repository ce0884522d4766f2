import type { Lease } from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { milliseconds, notifyDue } from './due.ts'
import type { Tables } from './tables.ts'

/** The fence: true for the row only while this lease stands. Belongs into the WHERE of every write made under a lease. */
export const isHeld = ({ domainId, token }: Lease): RawBuilder<boolean> =>
  sql<boolean>`domains.id = ${domainId} and domains.lease_token = ${token}`

/**
 * Gives the lease up. The token is raised as well: whatever the same worker still has under way (a heartbeat, a
 * certificate about to be stored, this very statement once more) finds that it no longer holds the domain.
 */
export const giveUp = sql`
  lease_token = domains.lease_token + 1, lease_until = null, leased_by = null, hinted_until = null`

/** See `DomainStore.heartbeat`. A lease that ran out is extended as long as nobody else has claimed since. */
export async function heartbeat(
  kysely: Kysely<Tables>,
  { lease, leaseMs }: { lease: Lease; leaseMs: number },
): Promise<boolean> {
  const { rows } = await sql`
    update domains set lease_until = now() + ${milliseconds(leaseMs)} where ${isHeld(lease)} returning id
  `.execute(kysely)
  return rows.length === 1
}

/** See `DomainStore.release`. The row was due when it was claimed and keeps its place. */
export async function release(kysely: Kysely<Tables>, lease: Lease): Promise<void> {
  await sql`
    with released as (
      update domains
      set ${giveUp}, attempt = greatest(attempt - 1, 0)
      where ${isHeld(lease)}
      returning id
    ), closed as (
      update attempts
      set outcome = 'superseded', finished_at = clock_timestamp()
      from released
      where attempts.domain_id = released.id and attempts.lease_token = ${lease.token} and attempts.outcome = 'running'
    )
    select ${notifyDue} from released
  `.execute(kysely)
}
