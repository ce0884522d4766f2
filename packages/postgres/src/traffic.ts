import { type TrafficRow, type TrafficStore, CLASSES, DAY, LATENCY_BOUNDS_MS, MINUTE } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'
import { milliseconds } from './due.ts'
import type { Tables } from './tables.ts'

// An edge whose clock is wrong would write into years to come, where retention does not reach.
const EARLIEST_MS = 3 * DAY
const AHEAD_MS = 5 * MINUTE

export function createTrafficStore({ kysely }: Database): TrafficStore {
  return {
    async add(edge, { batch, rows }) {
      await kysely.transaction().execute(async (transaction) => {
        const first = await sql`
          insert into traffic_batches (edge_id, batch) values (${edge.id}, ${batch})
          on conflict do nothing returning batch`.execute(transaction)
        // Reported before, and the answer was lost on its way.
        if (first.rows.length > 0 && rows.length > 0) await addRows(transaction, edge.pool, rows)
      })
    },

    async minutes(domainId, from, to) {
      const { rows } = await sql<Omit<TrafficRow, 'hostname'>>`
        select minute, requests, bytes, status::float8[] as status, latency::float8[] as latency
        from domain_traffic
        where domain_id = ${domainId} and minute >= ${from} and minute < ${to}
        order by minute`.execute(kysely)
      return rows
    },
  }
}

/** In the order of the key: edges that report at once must not wait for each other in a circle. */
async function addRows(kysely: Kysely<Tables>, pool: string, rows: TrafficRow[]): Promise<void> {
  await sql`
    insert into domain_traffic as t (domain_id, minute, requests, bytes, status, latency)
    select d.id, date_trunc('minute', given.minute) as minute, sum(given.requests), sum(given.bytes),
      ${sumOf('status', CLASSES.length)}, ${sumOf('latency', LATENCY_BOUNDS_MS.length + 1)}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (
      hostname text, minute timestamptz, requests bigint, bytes bigint, status bigint[], latency bigint[]
    )
    join hostnames h on h.hostname = given.hostname
    join domains d on d.id = h.holder and d.edge_pool = ${pool}
    where given.minute > now() - ${milliseconds(EARLIEST_MS)} and given.minute < now() + ${milliseconds(AHEAD_MS)}
    group by 1, 2
    order by 1, 2
    on conflict (domain_id, minute) do update set
      requests = t.requests + excluded.requests,
      bytes = t.bytes + excluded.bytes,
      status = ${eachAdded('status')},
      latency = ${eachAdded('latency')}`.execute(kysely)
}

const sumOf = (column: string, length: number) => {
  const sums = Array.from({ length }, (_, place) => sql`sum(given.${sql.ref(column)}[${sql.lit(place + 1)}])::bigint`)
  return sql`array[${sql.join(sums)}]`
}

const eachAdded = (column: string) => sql`(
  select array_agg(coalesce(before, 0) + coalesce(more, 0) order by place)
  from unnest(t.${sql.ref(column)}, excluded.${sql.ref(column)}) with ordinality as pair (before, more, place)
)`

const BATCH = 10_000
// Longer than an edge keeps a piece that it could not report.
const BATCHES_KEPT_MS = 3 * DAY

/** Returns how many minutes were forgotten. */
export async function removeOldTraffic(kysely: Kysely<Tables>, trafficMs: number): Promise<number> {
  await sql`
    delete from traffic_batches where ctid in (
      select ctid from traffic_batches where received_at < now() - ${milliseconds(BATCHES_KEPT_MS)} limit ${BATCH}
    )`.execute(kysely)
  const { numAffectedRows } = await sql`
    delete from domain_traffic where ctid in (
      select ctid from domain_traffic where minute < now() - ${milliseconds(trafficMs)} limit ${BATCH}
    )`.execute(kysely)
  return Number(numAffectedRows ?? 0)
}
