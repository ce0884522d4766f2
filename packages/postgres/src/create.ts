import { AppError, type NewDomain, type Registry } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import { violatedForeignKey } from './database-errors.ts'
import { type DomainRow, toDomain } from './domain-row.ts'
import { notifyDue } from './due.ts'
import { refusedByService } from './services.ts'
import type { Tables } from './tables.ts'

/**
 * See `Registry.create`. Any number of tenants may claim a hostname, each once: of two requests of one tenant at the
 * same moment the second waits for the first one's commit, inserts nothing, and reads what came first.
 */
export async function create(kysely: Kysely<Tables>, domain: NewDomain): ReturnType<Registry['create']> {
  for (;;) {
    const row = await insert(kysely, domain)
    if (row !== null) return { kind: 'created', domain: toDomain(row) }
    const id = await claimOf(kysely, domain)
    if (id !== null) return { kind: 'exists', id }
    // The claim was let go in between: the tenant may make another.
  }
}

/**
 * The hostname's row is locked before the claim is there: a proof that takes the name at this moment comes either before
 * it, and then its era is in the claim, or after it, and then it sees the claim and renews its token. By a function, for
 * a tenant may not read the table of all names.
 */
async function insert(kysely: Kysely<Tables>, domain: NewDomain): Promise<DomainRow | null> {
  const { id, hostname, tenant, target, verification, tls, edgePool, metadata, lane, requestId } = domain
  const request = JSON.stringify(requestId === undefined ? {} : { request_id: requestId })
  try {
    const { rows } = await sql<DomainRow>`
      with name as (
        select hostname, era from lock_hostname(${hostname})
      ), created as (
        insert into domains (
          id, hostname, claim_era, tenant, state, step, lane, next_run_at, target, verification, tls, edge_pool, metadata
        )
        select
          ${id}, name.hostname, name.era, ${tenant}, 'pending', 'accept', ${lane}, now(),
          ${JSON.stringify(target)}::jsonb, ${JSON.stringify(verification)}::jsonb, ${JSON.stringify(tls)}::jsonb,
          ${edgePool}, ${JSON.stringify(metadata)}::jsonb
        from name
        on conflict (hostname, tenant) where state <> 'deprovisioned' do nothing
        returning *
      ), told as (
        insert into events (domain_id, type, actor, data)
        select id, 'domain.created', 'api',
          jsonb_build_object('hostname', hostname, 'tenant', tenant, 'target', target) || ${request}::jsonb
        from created
      )
      select created.*, ${notifyDue} from created
    `.execute(kysely)
    return rows[0] ?? null
  } catch (cause) {
    throw refusedByService(cause, target) ?? (violatedForeignKey(cause) === null ? cause : unknownPool(edgePool, cause))
  }
}

async function claimOf(kysely: Kysely<Tables>, { hostname, tenant }: NewDomain): Promise<string | null> {
  const row = await kysely
    .selectFrom('domains')
    .select('id')
    .where('hostname', '=', hostname)
    .where('tenant', '=', tenant)
    .where('state', '<>', 'deprovisioned')
    .executeTakeFirst()
  return row?.id ?? null
}

function unknownPool(edgePool: string, cause: unknown): AppError {
  const message = `There is no edge pool ${edgePool}.`
  const errors = [{ path: 'edge_pool', code: 'EDGE_POOL_UNKNOWN', message }]
  return new AppError('INVALID', message, { cause, facts: { errors } })
}
