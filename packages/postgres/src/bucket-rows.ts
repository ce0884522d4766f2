import type { BucketName, BucketState } from '@mooring/core'
import { type Kysely, type RawBuilder, type Transaction, sql } from 'kysely'
import type { Tables } from './tables.ts'

/** One row of `ca_budgets`. */
export interface BucketKey {
  ca: string
  bucket: BucketName
  key: string
}

export interface LockedBuckets {
  /** The database's clock once every row was locked. Milliseconds since the epoch. */
  now: number
  /** By `nameOf`. A bucket that nobody has touched yet has no row, and nothing that could be locked. */
  states: ReadonlyMap<string, BucketState>
}

export type ChangedBucket = BucketKey & { state: BucketState }

export const nameOf = ({ ca, bucket, key }: BucketKey): string => JSON.stringify([ca, bucket, key])

/**
 * Runs `work`, which locks buckets and writes them, in a transaction. Two that touch a new bucket at once cannot lock
 * what is not there: the later one starts again, and finds the row.
 */
export async function inBucketTransaction<T>(
  kysely: Kysely<Tables>,
  work: (transaction: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await kysely.transaction().execute(work)
    } catch (error) {
      if (!(error instanceof BucketAppeared)) throw error
    }
  }
}

class BucketAppeared extends Error {}

/** Locks what is there, in one order everywhere. Locks on `domains` come before these. */
export async function lockBuckets(
  transaction: Transaction<Tables>,
  keys: readonly BucketKey[],
): Promise<LockedBuckets> {
  const each = [...new Map(keys.map((key) => [nameOf(key), key])).values()]
  // The clock is read outside of the subquery, that is, after a row was waited for.
  const { rows } = await sql<{ now: Date } & (BucketRow | { ca: null })>`
    select clock_timestamp() as now, locked.*
    from (select) as always left join (
      select b.*
      from ca_budgets b join unnest(
        ${each.map(({ ca }) => ca)}::text[],
        ${each.map(({ bucket }) => bucket)}::text[],
        ${each.map(({ key }) => key)}::text[]
      ) as asked (ca, bucket, key) on b.ca = asked.ca and b.bucket = asked.bucket and b.key = asked.key
      order by b.ca, b.bucket, b.key
      for no key update of b
    ) as locked on true`.execute(transaction)
  return {
    now: Math.max(...rows.map(({ now }) => now.getTime())),
    states: new Map(rows.flatMap((row) => (row.ca === null ? [] : [[nameOf(row), toBucketState(row)]]))),
  }
}

/**
 * Writes buckets that `lockBuckets` was asked for in the same transaction, and `besides` in the same statement: the fewer
 * there are, the sooner the next one has the locks.
 */
export async function writeBuckets(
  transaction: Transaction<Tables>,
  changed: readonly ChangedBucket[],
  { locked: { states }, besides = NOTHING }: { locked: LockedBuckets; besides?: RawBuilder<unknown> },
): Promise<void> {
  const rows = changed.map((bucket) => ({ ...toRow(bucket), known: states.has(nameOf(bucket)) }))
  const { rows: answer } = await sql<{ inserted: number }>`
    with changed as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (
        ca text, bucket text, key text, tat timestamptz, reserved integer, line timestamptz,
        blocked_until timestamptz, unpause_url text, failures integer, known boolean
      )
    ), updated as (
      update ca_budgets b
      set tat = c.tat, reserved = c.reserved, line = c.line, blocked_until = c.blocked_until,
          unpause_url = c.unpause_url, failures = c.failures
      from changed c
      where c.known and b.ca = c.ca and b.bucket = c.bucket and b.key = c.key
    ), inserted as (
      insert into ca_budgets (ca, bucket, key, tat, reserved, line, blocked_until, unpause_url, failures)
      select ca, bucket, key, tat, reserved, line, blocked_until, unpause_url, failures
      from changed where not known
      order by ca, bucket, key
      on conflict do nothing
      returning 1
    ), besides as (
      ${besides}
    )
    select count(*)::int as inserted from inserted`.execute(transaction)
  if (answer[0]?.inserted !== rows.filter(({ known }) => !known).length) throw new BucketAppeared()
}

const NOTHING = sql`select`

export interface BucketRow {
  ca: string
  bucket: BucketName
  key: string
  tat: Date
  reserved: number
  line: Date
  blocked_until: Date
  unpause_url: string | null
  failures: number
}

export const toBucketState = (row: BucketRow): BucketState => ({
  tat: row.tat.getTime(),
  reserved: row.reserved,
  line: row.line.getTime(),
  blockedUntil: row.blocked_until.getTime(),
  unpauseUrl: row.unpause_url,
  failures: row.failures,
})

// JSON writes later years in a way that PostgreSQL does not read. A limit that an operator mistyped may lead there.
const LATEST = Date.UTC(9999, 11, 31)
const toDate = (ms: number): Date => new Date(Math.min(ms, LATEST))

const toRow = ({ ca, bucket, key, state }: ChangedBucket): BucketRow => ({
  ca,
  bucket,
  key,
  tat: toDate(state.tat),
  reserved: state.reserved,
  line: toDate(state.line),
  blocked_until: toDate(state.blockedUntil),
  unpause_url: state.unpauseUrl,
  failures: state.failures,
})
