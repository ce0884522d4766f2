import type { Database } from '@mooring/postgres'

const TABLES = (
  'domains events certificates consents routes edge_pools edges dns_zones workers api_keys users silences contacts webhooks ' +
  'webhook_deliveries idempotency_keys services service_publications'
).split(' ')

/** What of the database a caller could have changed; the audit apart, and that a key was used. */
export async function stateOfAll({ pool }: Pick<Database, 'pool'>): Promise<string> {
  const row = `to_jsonb(t) - 'last_used_at'`
  const parts = TABLES.map((table) => `(select jsonb_agg(${row} order by (${row})::text) from ${table} t)`)
  const { rows } = await pool.query(`select jsonb_build_array(${parts.join(', ')})::text as state`)
  return rows[0].state
}
