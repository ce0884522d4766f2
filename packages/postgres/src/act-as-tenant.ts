import type { Log } from '@mooring/core'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type { ActingClient } from './ambient-transaction.ts'

/**
 * The pool, each of whose connections acts for one tenant while it is in hand: as the role `mooring_tenant`, whom row-level
 * security shows that tenant's rows and no others. Both settings are taken back before anybody else gets the connection;
 * one where that fails is not used again.
 */
export function actAsTenant(pool: PostgresPool, tenant: string, log: Log): PostgresPool {
  return {
    options: pool.options,
    // The connections belong to the pool underneath.
    end: async () => {},
    async connect() {
      const client = await pool.connect()
      try {
        await act(client, 'mooring_tenant', tenant)
      } catch (error) {
        client.release(true)
        throw error
      }
      return { query: client.query.bind(client), release: (destroy) => void handBack(client, destroy === true, log) }
    },
  }
}

async function handBack(client: PostgresPoolClient, destroy: boolean, log: Log): Promise<void> {
  try {
    if (!destroy) await act(client, 'mooring_app', '')
    client.release(destroy)
  } catch (err) {
    log.warn({ err }, 'database connection dropped: it could not be taken back from a tenant')
    client.release(true)
  }
}

// One round trip. A statement prepared under another role is planned anew by the server (PostgreSQL manual, "Row Security
// Policies": plans depend on the role).
const ACT = `select set_config('role', $1, false), set_config('mooring.tenant', $2, false)`

async function act(client: PostgresPoolClient | ActingClient, role: string, tenant: string): Promise<void> {
  // Lent by a transaction, which changes the role itself, before each statement that needs another one.
  if ('actAs' in client) return client.actAs(role, tenant)
  await client.query(ACT, [role, tenant])
}
