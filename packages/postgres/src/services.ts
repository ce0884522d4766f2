import {
  AppError,
  MOST_SERVICES,
  type Service,
  type ServiceStore,
  type StoredService,
  type Target,
} from '@mooring/core'
import { type RawBuilder, type Selectable, type Transaction, sql } from 'kysely'
import type { Database } from './database.ts'
import { violatedForeignKey } from './database-errors.ts'
import { edgeIsLive } from './edge-live.ts'
import type { Tables } from './tables.ts'
import { inTransaction } from './transaction.ts'

export function createServiceStore({ kysely }: Pick<Database, 'kysely'>): ServiceStore {
  return {
    put: (service) => inTransaction(kysely, (transaction) => put(transaction, service)),

    async find(name) {
      const { rows } = await selectServices(sql`s.name = ${name}`).execute(kysely)
      return rows[0] === undefined ? null : toService(rows[0])
    },

    async list() {
      const { rows } = await selectServices(sql`true`).execute(kysely)
      return rows.map(toService)
    },

    remove: (name) =>
      inTransaction(kysely, async (transaction) => {
        const found = await sql`select from services where name = ${name} for update`.execute(transaction)
        if (found.rows.length === 0) return 'not_found'
        // After the lock: a domain that was given the service meanwhile is seen now.
        if (await isUsed(transaction, name)) return 'in_use'
        await sql`delete from services where name = ${name}`.execute(transaction)
        await publish(transaction)
        return 'removed'
      }),
  }
}

async function put(transaction: Transaction<Tables>, service: Service): ReturnType<ServiceStore['put']> {
  const { name, tenant, scheme, servers, tlsName, health } = service
  const definition = sql`(
    ${tenant}::text, ${scheme}::text, ${JSON.stringify(servers)}::jsonb, ${tlsName}::text,
    ${health === null ? null : JSON.stringify(health)}::jsonb
  )`
  const made = await sql`
    insert into services (name, scheme, servers, published)
    select ${name}, ${scheme}, '[]', '{}' where (select count(*) from services) < ${MOST_SERVICES}
    on conflict (name) do nothing
    returning name`.execute(transaction)
  const isNew = made.rows.length === 1
  const { rows } = await sql<{ stands: boolean }>`
    select (tenant, scheme, servers, tls_name, health) is not distinct from ${definition} as stands
    from services where name = ${name} for no key update`.execute(transaction)
  if (rows[0] === undefined) return 'too_many'
  if (rows[0].stands) return 'unchanged'
  if (tenant !== null && (await isUsed(transaction, name, tenant))) return 'in_use'
  await sql`
    update services set (tenant, scheme, servers, tls_name, health) = ${definition}, updated_at = now()
    where name = ${name}`.execute(transaction)
  await publish(transaction, name)
  return isNew ? 'created' : 'changed'
}

async function isUsed(
  transaction: Transaction<Tables>,
  name: string,
  unlessOf: string | null = null,
): Promise<boolean> {
  const { rows } = await sql<{ used: boolean }>`
    select exists (
      select from domains
      where target ? 'service' and state <> 'deprovisioned' and target ->> 'service' = ${name}
        and tenant is distinct from ${unlessOf}::text
    ) as used`.execute(transaction)
  return rows[0]?.used === true
}

/**
 * A generation of its own in every pool. The table is locked, and not its rows, so that no pool can come into being beside
 * this: its edges would have asked for the services as they were before.
 */
async function publish(transaction: Transaction<Tables>, name: string | null = null): Promise<void> {
  await sql`lock table edge_pools in share row exclusive mode`.execute(transaction)
  await sql`
    with pools as (
      update edge_pools set generation = generation + 1 returning name, generation
    ), told as (
      insert into service_publications (edge_pool, generation) select name, generation from pools
      on conflict (edge_pool) do update set generation = excluded.generation
    ), noted as (
      update services set published = (select jsonb_object_agg(pools.name, pools.generation) from pools)
      where services.name = ${name}
    )
    select pg_notify('mooring_routes', name) from pools`.execute(transaction)
}

type ServiceRow = Selectable<Tables['services']> & Pick<StoredService, 'edges'>

const selectServices = (where: RawBuilder<unknown>): RawBuilder<ServiceRow> => sql<ServiceRow>`
  select s.*, (
    select jsonb_build_object(
      'applied', count(*) filter (where has),
      'pending', coalesce(jsonb_agg(name order by name) filter (where not has and live), '[]'),
      'silent', coalesce(jsonb_agg(name order by name) filter (where not has and not live), '[]')
    )
    from (
      select e.name, ${edgeIsLive()} as live, e.generation >= coalesce((s.published ->> e.edge_pool)::bigint, 0) as has
      from edges e where e.quarantined_at is null
    ) as edge
  ) as edges
  from services s where ${where} order by s.name`

const toService = (row: ServiceRow): StoredService => ({
  name: row.name,
  tenant: row.tenant,
  scheme: row.scheme,
  servers: row.servers,
  tlsName: row.tls_name,
  health: row.health,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  edges: row.edges,
})

/** What is wrong with a domain whose target names a service that is not there for its tenant; null for other errors. */
export function refusedByService(error: unknown, target: Target): AppError | null {
  if (violatedForeignKey(error) !== 'domains_service') return null
  const service = 'service' in target ? target.service : ''
  const message = `There is no service ${service} that is open to this tenant.`
  const errors = [{ path: 'target.service', code: 'SERVICE_UNKNOWN', message }]
  return new AppError('INVALID', message, { cause: error, facts: { errors } })
}
