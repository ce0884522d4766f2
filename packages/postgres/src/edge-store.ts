import type { Domain, EdgeStore, RouteProgress } from '@mooring/core'
import type { Kysely } from 'kysely'
import type { Database } from './database.ts'
import { routeProgressOfEach } from './route-progress.ts'
import type { Tables } from './tables.ts'

export function createEdgeStore({ kysely }: Database): EdgeStore {
  return { progress: (domain) => routeProgressOf(kysely, domain) }
}

/** How far the edges of the domain's pool are with its route; nobody has anything to do for a route that never was. */
export async function routeProgressOf(
  kysely: Kysely<Tables>,
  domain: Pick<Domain, 'id' | 'edgePool' | 'routeGeneration'>,
): Promise<RouteProgress> {
  const progress = await routeProgressOfEach(kysely, [domain])
  return progress.get(domain.id) ?? { proved: [], pending: [], rejected: [], silent: [] }
}
