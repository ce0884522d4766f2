import type { Registry, StoredResponse } from '@mooring/core'
import { type Kysely, type Transaction, sql } from 'kysely'
import type { Tables } from './tables.ts'

interface IdempotentRequest {
  key: string
  requestHash: string
  patienceMs?: number | undefined
  work: (transaction: Transaction<Tables>) => Promise<StoredResponse>
}

const VALIDITY = sql`interval '24 hours'`

/**
 * See `Registry.idempotently`.
 *
 * The advisory lock lasts exactly as long as the transaction, whatever ends it: a second request meanwhile is told that
 * the first is still running, and a process that dies leaves no key locked. It is released after the commit has become
 * visible, so whoever gets it next sees the answer. (Two keys with one 64-bit hash would only take turns.)
 */
export function idempotently(
  kysely: Kysely<Tables>,
  { key, requestHash, work, patienceMs }: IdempotentRequest,
): ReturnType<Registry['idempotently']> {
  return kysely.transaction().execute(async (transaction): ReturnType<Registry['idempotently']> => {
    if (!(await tryLock(transaction, key))) return { kind: 'in_flight' }
    const stored = await read(transaction, key)
    if (stored !== undefined) {
      if (stored.request_hash !== requestHash) return { kind: 'mismatch' }
      const { status, headers, body } = stored
      return { kind: 'answered', response: { status, headers, body }, replayed: true }
    }
    // Otherwise the server ends a transaction that is idle for as long as a statement may take.
    if (patienceMs !== undefined) {
      await sql`select set_config('idle_in_transaction_session_timeout', ${String(patienceMs)}, true)`.execute(
        transaction,
      )
    }
    const response = await work(transaction)
    await store(transaction, { key, requestHash, response })
    return { kind: 'answered', response, replayed: false }
  })
}

async function tryLock(transaction: Transaction<Tables>, key: string): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${`idempotency:${key}`}, 0)) as locked
  `.execute(transaction)
  return rows[0]?.locked === true
}

async function read(transaction: Transaction<Tables>, key: string) {
  return transaction
    .selectFrom('idempotency_keys')
    .select(['request_hash', 'status', 'headers', 'body'])
    .where('key', '=', key)
    .where('created_at', '>', sql<Date>`now() - ${VALIDITY}`)
    .executeTakeFirst()
}

/** Takes the place of an answer that is too old to be given again. */
async function store(
  transaction: Transaction<Tables>,
  { key, requestHash, response }: { key: string; requestHash: string; response: StoredResponse },
): Promise<void> {
  const { status, headers, body } = response
  await sql`
    insert into idempotency_keys (key, request_hash, status, headers, body)
    values (${key}, ${requestHash}, ${status}, ${JSON.stringify(headers)}, ${JSON.stringify(body ?? null)})
    on conflict (key) do update
    set request_hash = excluded.request_hash, status = excluded.status, headers = excluded.headers,
        body = excluded.body, created_at = now()
  `.execute(transaction)
}
