import { type RawBuilder, sql } from 'kysely'

// Conditions on a row of `domains`, by the database's clock. They are the same wherever they are asked: the claim, the
// dispatch and the lists of jobs must not differ in what they call due.

/** Its time has come and no worker holds it. */
export const isDue = sql<boolean>`
  domains.next_run_at <= now() and (domains.lease_until is null or domains.lease_until <= now())`

/** Due, and no hint of it is on its way to a worker; one that was not taken up until `hinted_until` counts as lost. */
export const isWaitingForHint = sql<boolean>`
  ${isDue} and (domains.hinted_until is null or domains.hinted_until <= now())`

export const isLeased = sql<boolean>`domains.lease_until > now()`

export const isHinted = sql<boolean>`domains.hinted_until > now()`

export const milliseconds = (ms: number): RawBuilder<unknown> => sql`${ms} * interval '1 millisecond'`

/** For the select list of a statement that makes a row due other than by a worker's own record: wakes the dispatcher. */
export const notifyDue = sql`pg_notify('mooring_due', '')`
