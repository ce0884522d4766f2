import type { Domain, RouteProgress } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import { edgeIsLive } from './edge-live.ts'
import type { Tables } from './tables.ts'

type Routed = Pick<Domain, 'id' | 'edgePool' | 'routeGeneration'>

/** How far each domain's edges are with its route, for a page of domains in one query; those without a route are left out. */
export async function routeProgressOfEach(
  kysely: Kysely<Tables>,
  domains: Routed[],
): Promise<Map<string, RouteProgress>> {
  const routed = domains.filter((domain) => domain.routeGeneration !== null)
  const progress = new Map<string, RouteProgress>(
    routed.map(({ id }) => [id, { proved: [], pending: [], rejected: [], silent: [] }]),
  )
  if (routed.length === 0) return progress

  const { rows } = await sql<{ id: string; name: string; live: boolean; proved: boolean; rejection: string | null }>`
    select d.id, e.name, ${edgeIsLive()} as live, e.generation >= d.generation as proved, r.detail as rejection
    from unnest(
      ${routed.map((d) => d.id)}::text[],
      ${routed.map((d) => d.edgePool)}::text[],
      ${routed.map((d) => d.routeGeneration)}::bigint[]
    ) as d (id, edge_pool, generation)
    join edges e on e.edge_pool = d.edge_pool and e.quarantined_at is null
    left join edge_rejections r on r.edge_id = e.id and r.domain_id = d.id and r.generation >= d.generation
    order by e.name
  `.execute(kysely)
  for (const { id, name, live, proved, rejection } of rows) {
    const found = progress.get(id)
    if (found === undefined) continue
    if (rejection !== null) found.rejected.push({ edge: name, detail: rejection })
    else if (!live && !proved) found.silent.push(name)
    else if (live) found[proved ? 'proved' : 'pending'].push(name)
  }
  return progress
}
