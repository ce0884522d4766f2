import { MINUTE, type Overview } from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { milliseconds } from './due.ts'
import type { Tables } from './tables.ts'

/**
 * Counts of everything. Each takes tenths of a second per million rows and hardly changes, so that the scheduler counts
 * with its sweep and everybody else reads what it found. Where none has swept lately, whoever asks counts.
 */
export interface Tally<Facts> {
  name: string
  /** An expression of type `jsonb`. */
  facts: RawBuilder<Facts>
}

export interface Tallied<Facts> {
  facts: Facts
  /** When it was counted, by the database's clock. */
  at: Date
}

/** Two sweeps. */
const GOOD_FOR_MS = 2 * MINUTE
/** Days left, where one bar ends and the next begins. Nothing lives longer than 398 (CA/Browser Forum BR §6.3.2). */
const DAYS = [0, 7, 14, 30, 60, 90]

/** `created_at` is when a transaction began: whatever is younger than this may be committed after the count. */
export const SETTLED = sql`interval '5 minutes'`

/**
 * Those that came longer ago than `SETTLED`; the others are few, and are counted by whoever asks. A difference, since all are
 * counted twice as fast in an index that knows no age.
 */
export const DOMAINS_TALLY: Tally<number> = {
  name: 'domains that settled',
  facts: sql`to_jsonb((select count(*) from domains) - (
    select count(*) from domains where created_at > date_trunc('milliseconds', now()) - ${SETTLED}
  ))`,
}

type Bar = Overview['certificates'][number]

export const CERTIFICATES_TALLY: Tally<Bar[]> = { name: 'certificates by days left', facts: certificateBars() }

export async function readTally<Facts>(kysely: Kysely<Tables>, tally: Tally<Facts>): Promise<Tallied<Facts>> {
  const { rows } = await sql<Tallied<Facts>>`
    select facts, at from tallies
    where name = ${tally.name} and at > now() - ${milliseconds(GOOD_FOR_MS)}`.execute(kysely)
  return rows[0] ?? count(kysely, tally)
}

/** Called with the sweep. */
export async function countTallies(kysely: Kysely<Tables>): Promise<void> {
  await count(kysely, DOMAINS_TALLY)
  await count(kysely, CERTIFICATES_TALLY)
}

async function count<Facts>(kysely: Kysely<Tables>, { name, facts }: Tally<Facts>): Promise<Tallied<Facts>> {
  const { rows } = await sql<Tallied<Facts>>`
    insert into tallies (name, at, facts) values (${name}, now(), ${facts})
    on conflict (name) do update set at = excluded.at, facts = excluded.facts
    returning facts, at`.execute(kysely)
  const [counted] = rows
  if (counted === undefined) throw new TypeError('the statement returns one row, whatever is in the tables')
  return counted
}

/** One run through an index each, and none of them runs through what another one counts. */
function certificateBars(): RawBuilder<Bar[]> {
  const at = (days: number) => sql`now() + ${sql.lit(days)} * interval '1 day'`
  const bars = [null, ...DAYS].map((from, place) => {
    const to = DAYS[place] ?? null
    const conditions = [sql`status = 'issued'`, sql`not_after is not null`]
    if (from !== null) conditions.push(sql`not_after >= ${at(from)}`)
    if (to !== null) conditions.push(sql`not_after < ${at(to)}`)
    return sql`jsonb_build_object(
      'from', ${sql.lit(from)}::int, 'to', ${sql.lit(to)}::int,
      'count', (select count(*) from certificates where ${sql.join(conditions, sql` and `)})
    )`
  })
  return sql`jsonb_build_array(${sql.join(bars)})`
}
