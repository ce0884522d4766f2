import { type ReasonCode, reason } from '@mooring/core'
import type { Database } from '@mooring/postgres'
import { sql } from 'kysely'

export interface Troubled {
  count: number
  from?: number
  code?: ReasonCode
  tenant?: string
  /** Tenants that the domains are spread over, instead of one. */
  tenants?: number
}

/** Domains that fail for the same reason, and their rows in the outbox, as the transition that records it writes them. */
export async function troubledDomains(
  { kysely }: Pick<Database, 'kysely'>,
  { count, from = 0, code = 'DNS_RECORD_MISSING', tenant = 'acme', tenants }: Troubled,
): Promise<void> {
  const because = JSON.stringify(reason(code, 'token=s3cret is not there'))
  const owner = tenants === undefined ? sql`${tenant}::text` : sql`'t' || n % ${tenants}`
  await sql`
    with failed as (
      insert into domains (id, hostname, tenant, state, step, lane, target, verification, tls, edge_pool, reason)
      select 'dom_' || n, 'n' || n || '.example.com', ${owner}, 'failed', 'verify_ownership', 'normal', '{"type": "none"}',
             '{"method": "txt", "token": "s3cret", "expiresAt": "2027-01-01T00:00:00.000Z"}', '{"mode": "auto"}', 'default',
             ${because}::jsonb
      from generate_series(${from}::int, ${from + count - 1}::int) as n
      on conflict (id) do update set reason = excluded.reason, state = excluded.state
      returning id, hostname, reason
    )
    insert into notice_outbox (group_key, domain_id, hostname, reason)
    select ${code}, id, hostname, reason from failed order by substr(id, 5)::int`.execute(kysely)
}

/** Whatever it was, it is over. */
export async function recover({ kysely }: Pick<Database, 'kysely'>, ...ids: string[]): Promise<void> {
  const update = kysely.updateTable('domains').set({ reason: null, state: 'active' })
  await (ids.length === 0 ? update : update.where('id', 'in', ids)).execute()
}
