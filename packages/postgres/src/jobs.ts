import { JOB_KINDS, type Job, type JobFilter, type JobKind, type Page, type Paged } from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { decodeCursor, microsecondsOf, pageOf, timeOf } from './cursor.ts'
import { isDue, isLeased } from './due.ts'
import { hostnameContains } from './listing.ts'
import type { Tables } from './tables.ts'

interface Source {
  rows: RawBuilder<unknown>
  /** Longest waiting first, or newest first: what ops look at first. */
  order: 'asc' | 'desc'
}

const DOMAIN = sql`
  domains.id as key, domains.id as domain_id, hostname, tenant, state, domains.step, lane, attempt, leased_by, reason,
  null::jsonb as dead_letter`

const SOURCES: Record<JobKind, Source> = {
  due: { order: 'asc', rows: sql`select ${DOMAIN}, next_run_at as at from domains where ${isDue}` },
  running: {
    order: 'asc',
    rows: sql`
      select ${DOMAIN}, started_at as at
      from domains join attempts on attempts.domain_id = domains.id and attempts.outcome = 'running'
      where ${isLeased}`,
  },
  waiting: {
    order: 'asc',
    // An active name at rest is due once a day and waits for nothing. In the words of the index `domains_waiting`, or
    // each count would read them all.
    rows: sql`
      select ${DOMAIN}, next_run_at as at
      from domains
      where next_run_at > now() and (lease_until is null or lease_until <= now())
        and (reason is not null or state not in ('active', 'suspended', 'deprovisioned', 'failed'))`,
  },
  failed: { order: 'desc', rows: sql`select ${DOMAIN}, updated_at as at from domains where state = 'failed'` },
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
export async function listJobs(kysely: Kysely<Tables>, { kind, q }: JobFilter, page: Page): Promise<Paged<Job>> {
  const rows: JobRow[] = []
  let place = page.cursor === null ? null : placeIn(page.cursor)
  for (const listed of kind === undefined ? JOB_KINDS : [kind]) {
    if (place !== null && JOB_KINDS.indexOf(listed) < place.kind) continue
    const after = place !== null && JOB_KINDS.indexOf(listed) === place.kind ? place : null
    rows.push(...(await rowsOf(kysely, { kind: listed, q, after, limit: page.limit + 1 - rows.length })))
    if (rows.length > page.limit) break
    place = null
  }
  return pageOf(rows, page.limit, { item: toJob, place: (row) => [JOB_KINDS.indexOf(row.kind), row.at_us, row.key] })
}

/** See `Registry.jobCounts`. */
export async function jobCounts(kysely: Kysely<Tables>): Promise<Record<JobKind, number>> {
  const counts = sql.join(
    JOB_KINDS.map((kind) => sql`(select count(*) from (${SOURCES[kind].rows}) as job) as ${sql.id(kind)}`),
  )
  const { rows } = await sql<Record<JobKind, number>>`select ${counts}`.execute(kysely)
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

async function rowsOf(
  kysely: Kysely<Tables>,
  { kind, q, after, limit }: { kind: JobKind; q: string | undefined; after: Place | null; limit: number },
): Promise<JobRow[]> {
  const { rows: source, order } = SOURCES[kind]
  const direction = sql.raw(order)
  const comes = sql.raw(order === 'asc' ? '>' : '<')
  const { rows } = await sql<JobRow>`
    select ${kind} as kind, job.*, ${microsecondsOf(sql`at`)} as at_us
    from (${source}) as job
    where ${q === undefined ? sql`true` : hostnameContains(q)}
      and ${after === null ? sql`true` : sql`(at, key) ${comes} (${timeOf(after.at)}, ${after.key})`}
    order by at ${direction}, key ${direction}
    limit ${limit}
  `.execute(kysely)
  return rows
}

function toJob({ domain_id, leased_by, dead_letter, key: _key, at_us: _atUs, ...job }: JobRow): Job {
  return { ...job, domainId: domain_id, worker: leased_by, deadLetter: dead_letter }
}
