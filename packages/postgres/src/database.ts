import type { Log } from '@mooring/core'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { actAsTenant } from './act-as-tenant.ts'
import { createAmbientTransactions } from './ambient-transaction.ts'
import { guardPool } from './database-errors.ts'
import { type Listener, listen } from './listen.ts'
import type { Tables } from './tables.ts'

/** One process's connections. Everything it writes, it writes as `mooring_app`, a role that owns no table. */
export interface Database {
  /** Throws `AppError` `DATABASE_UNAVAILABLE` while the database is away; other errors are those of `pg`. */
  kysely: Kysely<Tables>
  pool: pg.Pool
  log: Log
  /**
   * The same connections, each acting for this tenant while it is in hand (`mooring_tenant`): it sees and writes the
   * tenant's rows only, whatever the statement. Costs nothing to make.
   */
  asTenant(tenant: string): TenantDatabase
  /** One transaction for whatever the stores on this database write within `work`; see `createAmbientTransactions`. */
  atomically<T>(work: () => Promise<T>): Promise<T>
  /**
   * Calls `onPayload` for every NOTIFY on the channel, over a connection of its own that is renewed when it breaks;
   * after a renewal with `''`, since messages may have been missed. Rejects if the first connection fails.
   */
  listen(channel: Channel, onPayload: (payload: string) => void): Promise<Listener>
  /** Waits for what is running, then disconnects. A second call waits for the first. */
  close(): Promise<void>
}

/** Without the pool, whose connections act for nobody. */
export type TenantDatabase = Pick<Database, 'kysely' | 'log'> & { tenant?: string }

/**
 * - `mooring_due`     something became due other than by a worker's own record; the payload is empty
 * - `mooring_routes`  routes changed; the payload is the edge pool
 */
export type Channel = 'mooring_due' | 'mooring_routes'

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database` */
  url: string
  /** Connections at most, the listening ones not counted. */
  poolSize?: number
  /** Shown in `pg_stat_activity`. */
  applicationName?: string
  /** How long a statement may take before it counts as a database that is away; somebody waits for an API's answer. */
  statementMs?: number
  log: Log
}

/** Opens lazily: the first query connects. The migrations must have run, for they make the role. */
export function openDatabase(options: DatabaseOptions): Database {
  const { url, poolSize = 10, applicationName = 'mooring', statementMs = 15_000, log } = options
  const connection = connectionOptions(url, { applicationName, statementMs })
  const pool = new pg.Pool({ ...connection, max: poolSize, idleTimeoutMillis: 30_000 })
  // Without these handlers a connection that breaks between two queries, idle or in a transaction, would end the
  // process. The pool has dropped it by then, and the next query on it is refused.
  pool.on('error', (err) => log.warn({ err }, 'database connection lost'))
  pool.on('connect', (client) => client.on('error', (err) => log.debug({ err }, 'database connection broke')))
  const { pool: guarded, atomically } = createAmbientTransactions(guardPool(pool))
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: guarded }) })
  const listeners = new Set<Listener>()
  let closed: Promise<void> | null = null
  return {
    kysely,
    pool,
    log,
    atomically,
    asTenant(tenant) {
      const own = actAsTenant(guarded, tenant, log)
      return { kysely: new Kysely<Tables>({ dialect: new PostgresDialect({ pool: own }) }), log, tenant }
    },
    async listen(channel, onPayload) {
      const listener = await listen({ channel, onPayload, connection, log })
      listeners.add(listener)
      return listener
    },
    close() {
      closed ??= Promise.all([...listeners].map((listener) => listener.close())).then(() => pool.end())
      return closed
    },
  }
}

/**
 * Every wait is bounded: a frozen server must not hold an HTTP request or a step for good, and a frozen process must
 * not hold a row's lock for good (the generation of a pool is one row that every route change of the fleet needs).
 */
function connectionOptions(
  url: string,
  { applicationName, statementMs }: { applicationName: string; statementMs: number },
): pg.ClientConfig {
  return {
    connectionString: actingAsApp(url),
    application_name: applicationName,
    connectionTimeoutMillis: 5_000,
    statement_timeout: statementMs,
    // For a server that is frozen and does not end the statement itself.
    query_timeout: statementMs + 1_000,
    idle_in_transaction_session_timeout: statementMs,
    keepAlive: true,
    types,
  }
}

/** Sets the role when the session starts, so that no query can come before it; keeps what the URL sets otherwise. */
function actingAsApp(url: string): string {
  const parsed = new URL(url)
  const given = parsed.searchParams.get('options')
  parsed.searchParams.set('options', [given, '-c role=mooring_app'].filter((option) => option !== null).join(' '))
  return parsed.href
}

// Generations, tokens and counts stay far below 2^53; `pg` would hand out strings.
const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, parseBigint)

function parseBigint(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond what a number holds exactly`)
  return value
}
