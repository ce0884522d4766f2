import { AppError, type NewDomain, type Registry } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import { isForeignKeyViolation } from './database-errors.ts'
import { type DomainRow, toDomain } from './domain-row.ts'
import { notifyDue } from './due.ts'
import type { Tables } from './tables.ts'

/**
 * See `Registry.create`. The partial unique index decides who holds a hostname, also between two requests at the same
 * moment: the second waits for the first one's commit, inserts nothing, and reads who came first.
 */
export async function create(kysely: Kysely<Tables>, domain: NewDomain): ReturnType<Registry['create']> {
  for (;;) {
    const row = await insert(kysely, domain)
    if (row !== null) return { kind: 'created', domain: toDomain(row) }
    const holder = await holderOf(kysely, domain.hostname)
    if (holder !== null) return { kind: 'exists', ...holder }
    // The holder let go in between: the name is free now.
  }
}

async function insert(kysely: Kysely<Tables>, domain: NewDomain): Promise<DomainRow | null> {
  const { id, hostname, tenant, target, verification, tls, edgePool, metadata, lane } = domain
  try {
    const { rows } = await sql<DomainRow>`
      with created as (
        insert into domains (
          id, hostname, tenant, state, step, lane, next_run_at, target, verification, tls, edge_pool, metadata
        ) values (
          ${id}, ${hostname}, ${tenant}, 'pending', 'accept', ${lane}, now(), ${JSON.stringify(target)},
          ${JSON.stringify(verification)}, ${JSON.stringify(tls)}, ${edgePool}, ${JSON.stringify(metadata)}
        )
        on conflict (hostname) where state <> 'deprovisioned' do nothing
        returning *
      ), told as (
        insert into events (domain_id, type, actor, data)
        select id, 'domain.created', 'api', jsonb_build_object('hostname', hostname, 'tenant', tenant, 'target', target)
        from created
      )
      select created.*, ${notifyDue} from created
    `.execute(kysely)
    return rows[0] ?? null
  } catch (cause) {
    if (isForeignKeyViolation(cause)) throw unknownPool(edgePool, cause)
    throw cause
  }
}

async function holderOf(kysely: Kysely<Tables>, hostname: string): Promise<{ id: string; tenant: string } | null> {
  const row = await kysely
    .selectFrom('domains')
    .select(['id', 'tenant'])
    .where('hostname', '=', hostname)
    .where('state', '<>', 'deprovisioned')
    .executeTakeFirst()
  return row ?? null
}

function unknownPool(edgePool: string, cause: unknown): AppError {
  const message = `There is no edge pool ${edgePool}.`
  const errors = [{ path: 'edge_pool', code: 'EDGE_POOL_UNKNOWN', message }]
  return new AppError('INVALID', message, { cause, facts: { errors } })
}
