import { AppError } from '@mooring/core'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import pg from 'pg'
import { statementName } from './statement-name.ts'

// Raised by Node's sockets and resolver (https://nodejs.org/api/errors.html, "Common system errors").
const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT', // a Unix socket that is not there
])

// https://www.postgresql.org/docs/15/errcodes-appendix.html: connection exceptions, insufficient resources,
// operator intervention (shutdown, crash, starting up, but also a statement over its time), a read-only standby.
const SQLSTATES = /^(08...|53...|57...|25006)$/

// What `pg` 8 throws without a code when it gives up on a connection.
const PG_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed|Connection ended|Cannot use a pool after calling end)/

/** Whether the fault is the connection or the server, not the statement. */
function isUnavailable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isUnavailable)
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return NETWORK_CODES.has(code) || SQLSTATES.test(code) || PG_MESSAGES.test(error.message)
}

export function toAppError(error: unknown): unknown {
  if (error instanceof AppError || !isUnavailable(error)) return error
  return new AppError('DATABASE_UNAVAILABLE', 'The database cannot be reached; try again shortly.', { cause: error })
}

/** The constraint by which a row names another that is not there; null for other errors. */
export const violatedForeignKey = (error: unknown): string | null =>
  error instanceof pg.DatabaseError && error.code === '23503' ? (error.constraint ?? '') : null

/**
 * The pool as Kysely sees it: connection faults become `AppError`s, and a connection that had one is not used again.
 * After a timeout its late answer would otherwise be read as the next query's.
 */
export function guardPool(pool: pg.Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: () => pool.connect().then(guardClient, rethrow),
  }
}

/** A statement that returns all of a table's columns was prepared before a migration gave the table another one. */
const isPlanOfBefore = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === '0A000' && error.message.startsWith('cached plan')

function guardClient(client: pg.PoolClient): PostgresPoolClient {
  let broken = false
  const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    try {
      // Migrations send several commands in one text, which cannot be prepared; they have no parameters.
      const name = parameters.length === 0 ? undefined : statementName(text)
      return await client.query({ name, text, values: [...parameters] })
    } catch (error) {
      if (isPlanOfBefore(error)) {
        // It did nothing yet. Within a transaction, which is over now, this fails as well; the next one is on another connection.
        broken = true
        return client.query(text, [...parameters]).catch(() => rethrow(error))
      }
      broken ||= isUnavailable(error)
      throw toAppError(error)
    }
  }
  return {
    // The other overload takes cursors, for streams; none are configured.
    query: query as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy === true || broken),
  }
}

function rethrow(error: unknown): never {
  throw toAppError(error)
}
