import type { Overview } from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { createBudgets } from './budgets.ts'
import type { Database } from './database.ts'
import { isDue, milliseconds } from './due.ts'
import { edgeIsLive } from './edge-live.ts'
import { jobCounts } from './jobs.ts'
import type { Tables } from './tables.ts'
import { CERTIFICATES_TALLY, DOMAINS_TALLY, readTally, SETTLED, type Tallied } from './tallies.ts'
import { WORKER_LIVE_MS } from './workers.ts'

const MINUTES = 60
const MOST_BUCKETS = 50
const MOST_TROUBLES = 100

/** Reads how the fleet fares: small statements beside each other, each by an index, and what was counted of everything. */
export function createOverviewReader(database: Database): () => Promise<Overview> {
  return () => readOverview(database)
}

async function readOverview(database: Database): Promise<Overview> {
  const { kysely } = database
  const [states, launches, work, troubles, jobs, buckets, authorities, certificates] = await Promise.all([
    readTally(kysely, DOMAINS_TALLY).then((total) => readStates(kysely, total)),
    readLaunches(kysely),
    readWork(kysely),
    readTroubles(kysely),
    jobCounts(kysely),
    createBudgets(database).buckets(MOST_BUCKETS),
    readAuthorities(kysely),
    readTally(kysely, CERTIFICATES_TALLY),
  ])
  return { ...states, ...launches, ...work, troubles, jobs, buckets, authorities, certificates: certificates.facts }
}

/** Nearly all are active: these are what is left when the others, and those who came since, have been counted. */
async function readStates(
  kysely: Kysely<Tables>,
  { facts: count, at }: Tallied<number>,
): Promise<Pick<Overview, 'asOf' | 'domainsIn'>> {
  const { rows } = await sql<{ as_of: Date; added: number; others: Overview['domainsIn'] }>`
    select now() as as_of, (select count(*) from domains where created_at > ${at}::timestamptz - ${SETTLED}) as added,
      coalesce((
        select jsonb_object_agg(state, count)
        from (select state, count(*) as count from domains where state <> 'active' group by state) as counted
      ), '{}') as others`.execute(kysely)
  const { as_of: asOf, added, others } = rows[0] ?? { as_of: new Date(), added: 0, others: {} }
  const elsewhere = Object.values(others).reduce((sum, one) => sum + one, 0)
  return { asOf, domainsIn: { ...others, active: Math.max(0, count + added - elsewhere) } }
}

/** What became active is known by `activated_at`; what failed, as long as it stands failed. */
async function readLaunches(kysely: Kysely<Tables>): Promise<Pick<Overview, 'launches' | 'timeToActive'>> {
  const since = sql`date_trunc('minute', now()) - ${MINUTES - 1} * interval '1 minute'`
  const perMinute = (column: string, condition: RawBuilder<unknown>) => sql`
    select date_trunc('minute', ${sql.id(column)}) as minute, count(*) as count from domains
    where ${sql.id(column)} >= ${since} and ${condition} group by 1`
  const { rows } = await sql<Overview['launches'][number]>`
    with started as (${perMinute('created_at', sql`true`)}),
      activated as (${perMinute('activated_at', sql`true`)}),
      failed as (${perMinute('updated_at', sql`state = 'failed'`)})
    select minute, coalesce(started.count, 0) as started, coalesce(activated.count, 0) as activated,
      coalesce(failed.count, 0) as failed
    from generate_series(${since}, date_trunc('minute', now()), interval '1 minute') as minute
    left join started using (minute) left join activated using (minute) left join failed using (minute)
    order by minute`.execute(kysely)
  const { rows: times } = await sql<{ count: number; p50: number | null; p95: number | null }>`
    select count(*) as count,
      percentile_cont(0.5) within group (order by extract(epoch from activated_at - created_at)) as p50,
      percentile_cont(0.95) within group (order by extract(epoch from activated_at - created_at)) as p95
    from domains where activated_at >= ${since}`.execute(kysely)
  const { count, p50, p95 } = times[0] ?? { count: 0, p50: null, p95: null }
  return { launches: rows, timeToActive: { count, p50Seconds: p50, p95Seconds: p95 } }
}

type Work = Pick<Overview, 'oldestDue' | 'failingRenewals' | 'workers' | 'edges'>

async function readWork(kysely: Kysely<Tables>): Promise<Work> {
  const workerIsLive = sql`seen_at > now() - ${milliseconds(WORKER_LIVE_MS)}`
  const edges = (condition: RawBuilder<unknown>) => sql`
    (select count(*) from edges e join edge_pools p on p.name = e.edge_pool where ${condition})`
  const { rows } = await sql<Record<'held' | 'slots' | 'busy' | 'workers' | keyof Overview['edges'], number>>`
    select
      (select count(*) from domains where renewal_reason is not null and state = 'active') as held,
      (select count(*) from workers where ${workerIsLive}) as workers,
      (select coalesce(sum(slots), 0)::int from workers where ${workerIsLive}) as slots,
      (select count(*) from domains where lease_until is not null and lease_until > now()) as busy,
      ${edges(sql`e.quarantined_at is null and ${edgeIsLive()}`)} as live,
      ${edges(sql`e.quarantined_at is null and not ${edgeIsLive()}`)} as silent,
      ${edges(sql`e.quarantined_at is null and ${edgeIsLive()} and e.generation < p.generation`)} as behind,
      ${edges(sql`e.quarantined_at is not null`)} as quarantined`.execute(kysely)
  const row = rows[0]
  if (row === undefined) throw new TypeError('the statement returns one row, whatever is in the tables')
  const { held, slots, busy, workers, ...standing } = row
  const { rows: due } = await sql<NonNullable<Overview['oldestDue']>>`
    select id as "domainId", hostname, extract(epoch from now() - next_run_at)::float8 as seconds
    from domains where ${isDue} order by next_run_at limit 1`.execute(kysely)
  return {
    oldestDue: due[0] ?? null,
    failingRenewals: held,
    workers: { live: workers, slots, busy },
    edges: standing,
  }
}

async function readTroubles(kysely: Kysely<Tables>): Promise<Overview['troubles']> {
  const { rows } = await sql<Overview['troubles'][number]>`
    select code, actor, count(*) as count from domain_troubles
    group by code, actor order by count desc, code limit ${MOST_TROUBLES}`.execute(kysely)
  return rows
}

async function readAuthorities(kysely: Kysely<Tables>): Promise<Overview['authorities']> {
  const { rows } = await sql<Overview['authorities'][number]>`
    select ca, down_since as "downSince" from ca_health order by ca`.execute(kysely)
  return rows
}
