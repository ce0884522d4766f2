import { createHash, randomBytes } from 'node:crypto'
import {
  AppError,
  type EdgeRegistry,
  type EdgeService,
  type RegisteredEdge,
  type StoredRoute,
  newEdgeId,
} from '@mooring/core'
import { type RawBuilder, sql } from 'kysely'
import type { Database } from './database.ts'
import { milliseconds } from './due.ts'
import { storeEdgeReport, wakeDomains } from './edge-report.ts'
import { edgeIsLive } from './edge-live.ts'

const TOKEN = /^moor_edge_[A-Za-z0-9_-]{43}$/
// Far below EDGE_LIVE_MS, and far above the pace of polls: most of them write nothing.
const WRITE_HEARTBEAT_MS = 5_000

export function createEdgeRegistry(database: Database): EdgeRegistry {
  const { kysely } = database
  return {
    async enrol({ name, pool }) {
      const token = `moor_edge_${randomBytes(32).toString('base64url')}`
      return kysely.transaction().execute(async (transaction) => {
        await sql`insert into edge_pools (name) values (${pool}) on conflict do nothing`.execute(transaction)
        // Generations count per pool: what an edge proved in one says nothing in another, and its old names would be
        // waited for by nobody. So it leaves the old pool by `remove` first.
        const { rows } = await sql<RegisteredEdge>`
          insert into edges as e (id, name, edge_pool, token_hash)
          values (${newEdgeId()}, ${name}, ${pool}, ${hashOf(token)})
          on conflict (name) do update set token_hash = excluded.token_hash where e.edge_pool = excluded.edge_pool
          returning ${columns}`.execute(transaction)
        if (rows[0] === undefined) throw new AppError('CONFLICT', 'An edge of this name belongs to another pool.')
        return { edge: rows[0], token }
      })
    },

    async authenticate(token) {
      if (!TOKEN.test(token)) return null
      const { rows } = await sql<RegisteredEdge>`
        select ${columns} from edges e where token_hash = ${hashOf(token)}`.execute(kysely)
      return rows[0] ?? null
    },

    async list() {
      const { rows } = await sql<RegisteredEdge & { live: boolean }>`
        select ${columns}, ${edgeIsLive()} as live from edges e order by name`.execute(kysely)
      return rows
    },

    async quarantine(id) {
      return kysely.transaction().execute(async (transaction) => {
        const { rows } = await sql<{ edge_pool: string }>`
          update edges set quarantined_at = coalesce(quarantined_at, now()) where id = ${id}
          returning edge_pool`.execute(transaction)
        if (rows[0] === undefined) return null
        return { due: await wakeDomains(transaction, ofPool(rows[0].edge_pool)) }
      })
    },

    async release(id) {
      const { rows } = await sql`
        update edges set quarantined_at = null where id = ${id} returning id`.execute(kysely)
      return rows.length > 0
    },

    async remove(id) {
      return kysely.transaction().execute(async (transaction) => {
        const { rows } = await sql<{ edge_pool: string }>`
          delete from edges where id = ${id} returning edge_pool`.execute(transaction)
        if (rows[0] === undefined) return { removed: false, due: [] }
        return { removed: true, due: await wakeDomains(transaction, ofPool(rows[0].edge_pool)) }
      })
    },

    async routesSince(edge, generation, limit) {
      // One statement sees one snapshot. A pool's generation is raised by the transaction that writes the route, so a
      // snapshot that shows generation G shows every route up to G: none can appear behind the answer later.
      //
      // An edge has fetched at least what it has proved. One that asks from an older generation than it reported has
      // lost its disk, so what it proved is taken back. (A poll that was long under way does so too, at worst: the
      // next heartbeat, seconds later, puts it right.)
      //
      // `with ties` keeps routes of one generation together, since the next poll starts after it.
      const { rows } = await sql<RouteRow>`
        with seen as (
          update edges set last_seen_at = now(), generation = least(generation, ${generation})
          where id = ${edge.id} and (
            generation > ${generation}
            or last_seen_at is null or last_seen_at < now() - ${milliseconds(WRITE_HEARTBEAT_MS)}
          )
        ), changed as (
          select * from routes
          where edge_pool = ${edge.pool} and generation > ${generation}
            and ${generation === 0 ? sql`variant <> 'removed'` : sql`true`}
          order by generation
          fetch first ${sql.lit(limit)} rows with ties
        )
        select p.generation as "poolGeneration", r.domain_id as "domainId", r.hostname, r.generation, r.variant, r.target,
          case when c.id is not null then jsonb_build_object(
            'id', c.id, 'ownerId', c.domain_id, 'serial', c.serial, 'chainPem', c.chain_pem, 'sealedKey', c.sealed_key
          ) end as certificate, t.traceparent,
          case when row_number() over (order by r.generation) = 1 and ${generation === 0 ? sql`true` : sql`sp.generation > ${generation}`}
            then (${servicesOfEdges}) end as services
        from edge_pools p
        left join service_publications sp on sp.edge_pool = p.name
        left join changed r on true
        left join certificates c on c.id = r.certificate_id and r.variant = 'https'
        left join domain_traces t on t.domain_id = r.domain_id
        where p.name = ${edge.pool}
        order by r.generation`.execute(kysely)

      const routes = rows.flatMap(toRoute)
      const { poolGeneration = 0, services = null } = rows[0] ?? {}
      return {
        ...(services === null ? {} : { services }),
        generation: routes.length < limit ? poolGeneration : (routes.at(-1)?.generation ?? poolGeneration),
        routes,
      }
    },

    report: (edge, report) => storeEdgeReport(database, edge, report),
  }
}

// In the first row only.
const servicesOfEdges = sql`
  select coalesce(jsonb_agg(jsonb_build_object(
    'name', s.name, 'scheme', s.scheme, 'servers', s.servers, 'tlsName', s.tls_name, 'health', s.health
  ) order by s.name), '[]') from services s`

// The pool's row comes alone, with nulls, when nothing changed.
type Columns = Omit<Required<StoredRoute>, 'traceparent'> & { traceparent: string | null }
type RouteRow = { poolGeneration: number; services: EdgeService[] | null } & (
  | Columns
  | { [Field in keyof Columns]: null }
)

function toRoute(row: RouteRow): StoredRoute[] {
  if (row.domainId === null) return []
  const { domainId, hostname, generation, variant, target, certificate, traceparent } = row
  const traced = traceparent === null ? {} : { traceparent }
  return [{ domainId, hostname, generation, variant, target, certificate, ...traced }]
}

const columns: RawBuilder<unknown> = sql`
  e.id, e.name, e.edge_pool as pool, e.registered_at as "registeredAt", e.last_seen_at as "lastSeenAt", e.generation, e.server,
  e.quarantined_at as "quarantinedAt"`

const ofPool = (pool: string): RawBuilder<unknown> => sql`select domain_id from routes where edge_pool = ${pool}`

// A token has 256 random bits: nothing is gained by a slow hash, and equal hashes are found by index.
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')
