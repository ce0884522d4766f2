import type { FleetFacts } from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Database } from './database.ts'
import { createBudgets } from './budgets.ts'
import { isDue, milliseconds } from './due.ts'
import { edgeIsLive } from './edge-live.ts'
import { jobCounts } from './jobs.ts'
import type { Tables } from './tables.ts'
import { WORKER_LIVE_MS } from './workers.ts'

/** What a gauge counts at most: the statements stay cheap whatever lies in the tables. */
const MOST = 100_000
const MOST_BUCKETS = 200
const DAYS_LEFT = [0, 1, 3, 7, 14, 30]
/** No certificate lives longer than 398 days (CA/Browser Forum BR §6.3.2), so a tenth is over before this. */
const LONGEST_TENTH_DAYS = 40

/** Reads how the fleet fares: a handful of small statements, each by an index. */
export function createFleetFacts(database: Database): () => Promise<FleetFacts> {
  const { kysely } = database
  const budgets = createBudgets(database)
  return async () => ({
    ...(await readWork(kysely)),
    certificates: await readCertificates(kysely),
    edges: await readEdges(kysely),
    authorities: await readAuthorities(kysely),
    buckets: await budgets.buckets(MOST_BUCKETS),
  })
}

// A suspended domain's is not renewed, and nobody needs to hear of it. One that several share is one.
const certificatesInUse = (conditions: RawBuilder<unknown>) =>
  counted(sql`
  distinct certificate_id from certificate_ends where state = 'active' and ${conditions}`)

type Work = Pick<FleetFacts, 'oldestDueSeconds' | 'jobs' | 'workers' | 'expiringCertificates' | 'failingRenewals'>

async function readWork(kysely: Kysely<Tables>): Promise<Work> {
  const { rows } = await sql<Record<'oldest' | 'live' | 'slots' | 'expiring' | 'held', number>>`
    select
      coalesce((
        select extract(epoch from now() - next_run_at) from domains where ${isDue} order by next_run_at limit 1
      ), 0)::float8 as oldest,
      ${certificatesInUse(sql`
        not_after < now() + ${LONGEST_TENTH_DAYS} * interval '1 day'
        and not_after - now() < (not_after - not_before) / 10`)} as expiring,
      ${counted(sql`from domains where renewal_reason is not null and state = 'active'`)} as held,
      (select count(*) from workers where ${workerIsLive}) as live,
      (select coalesce(sum(slots), 0)::int from workers where ${workerIsLive}) as slots
  `.execute(kysely)
  const row = rows[0]
  if (row === undefined) throw new TypeError('the statement returns one row, whatever is in the tables')
  const { oldest, live, slots, expiring, held } = row
  return {
    oldestDueSeconds: oldest,
    jobs: await jobCounts(kysely),
    workers: { live, slots },
    expiringCertificates: expiring,
    failingRenewals: held,
  }
}

const workerIsLive = sql<boolean>`seen_at > now() - ${milliseconds(WORKER_LIVE_MS)}`

const counted = (rows: RawBuilder<unknown>) => sql<number>`(select count(*) from (select ${rows} limit ${MOST}) as one)`

async function readCertificates(kysely: Kysely<Tables>): Promise<FleetFacts['certificates']> {
  const days = (count: number | undefined) => sql`now() + ${count ?? -36_500} * interval '1 day'`
  const counts = DAYS_LEFT.map(
    (most, place) => sql`
      select ${sql.lit(most)}::int as "daysLeft",
        ${certificatesInUse(sql`not_after > ${days(DAYS_LEFT[place - 1])} and not_after <= ${days(most)}`)} as count`,
  )
  const { rows } = await sql<FleetFacts['certificates'][number]>`${sql.join(counts, sql` union all `)}`.execute(kysely)
  return rows
}

async function readEdges(kysely: Kysely<Tables>): Promise<FleetFacts['edges']> {
  const { rows } = await sql<FleetFacts['edges'][number]>`
    select e.name, e.edge_pool as pool, ${edgeIsLive()} as live, e.generation,
      greatest(p.generation - e.generation, 0) as lag
    from edges e join edge_pools p on p.name = e.edge_pool
    order by e.name limit 1000`.execute(kysely)
  return rows
}

async function readAuthorities(kysely: Kysely<Tables>): Promise<FleetFacts['authorities']> {
  const { rows } = await sql<FleetFacts['authorities'][number]>`
    select ca, down_since is not null as "isDown" from ca_health order by ca`.execute(kysely)
  return rows
}
