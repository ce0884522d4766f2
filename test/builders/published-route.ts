import type { Domain } from '@mooring/core'
import type { Database } from '@mooring/postgres'
import { storeDomain } from './stored-domain.ts'

/** An active domain that holds its name and is routed over plain HTTP in its pool, as a worker leaves it. */
export async function publishHttpRoute(database: Database, facts: Partial<Domain> = {}): Promise<Domain> {
  const { domain } = await storeDomain(database, { state: 'active', step: 'reverify', holds: true, ...facts })
  await database.pool.query(
    `with pool as (update edge_pools set generation = generation + 1 where name = $1 returning name, generation)
     insert into routes (domain_id, hostname, edge_pool, generation, variant, target)
     select $2, $3, name, generation, 'http', $4 from pool`,
    [domain.edgePool, domain.id, domain.hostname, JSON.stringify(domain.target)],
  )
  await database.pool.query('select pg_notify($1, $2)', ['mooring_routes', domain.edgePool])
  return domain
}
