import { JOB_KINDS, type Job, type JobFilter, type JobKind, type Page, type Paged } from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { decodeCursor, microsecondsOf, pageLimit, pageOf, timeOf } from './cursor.ts'
import { isDue, isLeased } from './due.ts'
import { type Scope, fewNamesWith, hostnameMatches, hostnameOftenMatches } from './domain-search.ts'
import type { Tables } from './tables.ts'

interface Source {
  rows: RawBuilder<unknown>
  /** Longest waiting first, or newest first: what ops look at first. */
  order: 'asc' | 'desc'
}

const DOMAIN = sql`
  domains.id as key, domains.id as domain_id, hostname, tenant, state, domains.step, lane, attempt, leased_by, reason,
  null::jsonb as dead_letter`

const DOMAIN_KINDS = ['due', 'running', 'waiting', 'failed'] as const

/**
 * An active name at rest is due once a day and waits for nothing. In the words of the index `domains_waiting`, or each count
 * would read them all.
 */
const isAstir = sql`(reason is not null or state not in ('active', 'suspended', 'deprovisioned', 'failed'))`

/** What makes a domain a job of each kind. */
const IS: Record<(typeof DOMAIN_KINDS)[number], RawBuilder<unknown>> = {
  due: isDue,
  running: sql`domains.lease_until is not null and ${isLeased}`,
  waiting: sql`
    next_run_at > now() and (lease_until is null or lease_until <= now()) and ${isAstir}`,
  failed: sql`state = 'failed'`,
}

const SOURCES: Record<JobKind, Source> = {
  due: { order: 'asc', rows: sql`select ${DOMAIN}, next_run_at as at from domains where ${IS.due}` },
  running: {
    order: 'asc',
    rows: sql`
      select ${DOMAIN}, started_at as at
      from domains join attempts on attempts.domain_id = domains.id and attempts.outcome = 'running'
      where ${IS.running}`,
  },
  waiting: {
    order: 'asc',
    rows: sql`
      select ${DOMAIN}, next_run_at as at
      from domains
      where ${IS.waiting}`,
  },
  failed: { order: 'desc', rows: sql`select ${DOMAIN}, updated_at as at from domains where ${IS.failed}` },
  dead: {
    order: 'desc',
    rows: sql`
      select lpad(id::text, 19, '0') as key, null as domain_id, queue as hostname, null as tenant, null as state,
             null as step, null as lane, null::integer as attempt, null as leased_by,
             null::jsonb as reason,
             jsonb_build_object('code', code, 'detail', detail, 'excerpt', excerpt, 'bytes', bytes) as dead_letter, at
      from dead_letters`,
  },
}

interface JobRow {
  kind: JobKind
  key: string
  domain_id: string | null
  hostname: string
  tenant: string | null
  state: string | null
  step: string | null
  lane: string | null
  attempt: number | null
  leased_by: string | null
  reason: Job['reason']
  dead_letter: Job['deadLetter']
  at: Date
  at_us: number
}

/** See `Registry.jobs`. Without a kind, all of them: one kind after the other, in the order of `JOB_KINDS`. */
export async function listJobs(kysely: Kysely<Tables>, filter: JobFilter, page: Page & Scope): Promise<Paged<Job>> {
  // After an outage a hundred thousand may be due: whether one of them is called so is not looked up row by row.
  const names = filter.q === undefined ? null : await fewNamesWith(kysely, filter.q, page)
  const rows: JobRow[] = []
  let place = page.cursor === null ? null : placeIn(page.cursor)
  for (const listed of filter.kind === undefined ? JOB_KINDS : [filter.kind]) {
    if (place !== null && JOB_KINDS.indexOf(listed) < place.kind) continue
    const after = place !== null && JOB_KINDS.indexOf(listed) === place.kind ? place : null
    rows.push(...(await rowsOf(kysely, { kind: listed, filter, names, after, limit: page.limit + 1 - rows.length })))
    if (rows.length > page.limit) break
    place = null
  }
  return pageOf(rows, page.limit, { item: toJob, place: (row) => [JOB_KINDS.indexOf(row.kind), row.at_us, row.key] })
}

/** Conditions on a job of the kind. A dead letter has neither tenant nor worker, nor anything else of a domain's. */
export function jobConditions(
  kind: JobKind,
  { q, lane, tenant, worker, step, reason }: JobFilter,
): RawBuilder<unknown>[] {
  const conditions: RawBuilder<unknown>[] = []
  if (q !== undefined) conditions.push(hostnameMatches(q))
  if (lane !== undefined) conditions.push(sql`lane = ${lane}`)
  if (tenant !== undefined) conditions.push(sql`tenant = ${tenant}`)
  if (worker !== undefined) conditions.push(sql`leased_by = ${worker}`)
  if (step !== undefined) conditions.push(sql`step = ${step}`)
  if (reason !== undefined) {
    conditions.push(kind === 'dead' ? sql`dead_letter ->> 'code' = ${reason}` : sql`reason ->> 'code' = ${reason}`)
  }
  return conditions
}

/** Conditions that make a row of `domains` a job that the filter matches. */
export function domainJobConditions(filter: JobFilter): RawBuilder<unknown>[] {
  const kinds = filter.kind === undefined ? DOMAIN_KINDS : [filter.kind]
  const isOne = kinds.map((kind) => (kind === 'dead' ? sql`false` : IS[kind]))
  return [sql`(${sql.join(isOne, sql` or `)})`, ...jobConditions('due', filter)]
}

/** A gauge need not count a million rows that are due after an outage. */
const MOST_COUNTED = 100_000

/** See `Registry.jobCounts`. */
export async function jobCounts(kysely: Kysely<Tables>): Promise<Record<JobKind, number>> {
  const count = (rows: RawBuilder<unknown>) =>
    sql`(select count(*) from (${rows} limit ${sql.lit(MOST_COUNTED)}) as job)`
  // Whether a row is leased stands in the row: thousands would be read for it. So the few that are in hand are taken off.
  const unheld = (condition: RawBuilder<unknown>) => sql`
    greatest(0, ${count(sql`select from domains where ${condition}`)}
      - ${count(sql`select from domains where lease_until is not null and ${isLeased} and ${condition}`)})`
  const { rows } = await sql<Record<JobKind, number>>`
    select ${unheld(sql`next_run_at <= now()`)} as due, ${count(SOURCES.running.rows)} as running,
      ${unheld(sql`next_run_at > now() and ${isAstir}`)} as waiting, ${count(SOURCES.failed.rows)} as failed,
      ${count(SOURCES.dead.rows)} as dead`.execute(kysely)
  return rows[0] ?? { due: 0, running: 0, waiting: 0, failed: 0, dead: 0 }
}

interface Place {
  kind: number
  at: number
  key: string
}

function placeIn(cursor: string): Place {
  const [kind, at, key] = decodeCursor(cursor, ['number', 'number', 'text'])
  return { kind, at, key }
}

interface Asked {
  kind: JobKind
  filter: JobFilter
  /** All that can match, where they are few. */
  names: readonly string[] | null
  after: Place | null
  limit: number
}

async function rowsOf(kysely: Kysely<Tables>, { kind, filter, names, after, limit }: Asked): Promise<JobRow[]> {
  const { rows: source, order } = SOURCES[kind]
  const { q, ...others } = filter
  const direction = sql.raw(order)
  const comes = sql.raw(order === 'asc' ? '>' : '<')
  const conditions = [sql`true`, ...jobConditions(kind, others)]
  if (q !== undefined) conditions.push(names === null ? hostnameOftenMatches(q) : hostnameMatches(q))
  if (names !== null && kind !== 'dead') conditions.push(sql`hostname = any(${names})`)
  if (after !== null) conditions.push(sql`(at, key) ${comes} (${timeOf(after.at)}, ${after.key})`)
  const { rows } = await sql<JobRow>`
    select ${kind} as kind, job.*, ${microsecondsOf(sql`at`)} as at_us
    from (${source}) as job
    where ${sql.join(conditions, sql` and `)}
    order by at ${direction}, key ${direction}
    limit ${pageLimit(limit - 1)}
  `.execute(kysely)
  return rows
}

function toJob({ domain_id, leased_by, dead_letter, key: _key, at_us: _atUs, ...job }: JobRow): Job {
  return { ...job, domainId: domain_id, worker: leased_by, deadLetter: dead_letter }
}
