import { hashPersonal, hashRecord } from '@mooring/core'
import { type Transaction, sql } from 'kysely'
import { AUDIT_COLUMNS, AUDIT_ROWS, type AuditRow, recordOf } from './audit-row.ts'
import type { Database } from './database.ts'
import { inTransaction } from './transaction.ts'
import type { Tables } from './tables.ts'

export interface AuditSealer {
  /** Seals up to so many rows, oldest first, and returns how many they were. */
  seal(): Promise<number>
}

const BATCH = 1_000

/** Its index gives them in this order: nothing is sorted, however many wait. */
const UNSEALED = sql`(select id, tx, tenant from audit where seq is null order by tx, id limit ${sql.lit(BATCH)}) as unsealed`

/**
 * Only rows of transactions that no running one can come before: what is written later then belongs after them. (A row
 * whose transaction is ahead of this server's count came here by a restore.)
 */
const IS_SETTLED = sql`
  (unsealed.tx < pg_snapshot_xmin(pg_current_snapshot()) or unsealed.tx >= pg_snapshot_xmax(pg_current_snapshot()))`

/**
 * Gives rows their number and hash. Whoever seals holds the heads of the chains it writes to; a second one waits for them
 * and then finds the rows sealed. Nothing is half sealed: a batch is one transaction.
 */
export function createAuditSealer({ kysely }: Pick<Database, 'kysely'>): AuditSealer {
  return {
    async seal() {
      const { rows: tenants } = await sql<{ tenant: string }>`
        select distinct tenant from ${UNSEALED} where ${IS_SETTLED} order by tenant`.execute(kysely)
      if (tenants.length === 0) return 0
      return inTransaction(kysely, (transaction) =>
        sealOf(
          transaction,
          tenants.map(({ tenant }) => tenant),
        ),
      )
    },
  }
}

async function sealOf(transaction: Transaction<Tables>, tenants: string[]): Promise<number> {
  const heads = await lockHeads(transaction, tenants)
  // After the lock, with a snapshot of its own: what another one sealed meanwhile is not among them.
  const { rows } = await sql<AuditRow>`
    select ${AUDIT_COLUMNS} from ${UNSEALED} join (${AUDIT_ROWS}) on audit.id = unsealed.id
    where ${IS_SETTLED} and unsealed.tenant = any(${tenants})
    order by unsealed.tx, unsealed.id`.execute(transaction)
  const sealed = rows.map((row) => sealedAfter(heads, row))
  await store(transaction, sealed)
  await storeHeads(transaction, heads)
  return sealed.length
}

interface Head {
  tenant: string
  seq: number
  hash: string
}

type Heads = Map<string, Head>

async function lockHeads(transaction: Transaction<Tables>, tenants: string[]): Promise<Heads> {
  await sql`
    insert into audit_heads (tenant) select unnest(${tenants}::text[]) on conflict do nothing`.execute(transaction)
  const { rows } = await sql<Head>`
    select tenant, seq, hash from audit_heads where tenant = any(${tenants}) order by tenant for update`.execute(
    transaction,
  )
  return new Map(rows.map((head) => [head.tenant, head]))
}

/** Raises the head of the row's chain to it. */
function sealedAfter(heads: Heads, row: AuditRow): AuditRow & Head {
  const head = heads.get(row.tenant)
  if (head === undefined || row.fields === null) throw new Error(`audit row ${row.id} cannot be sealed`)
  const linked = { ...row, seq: head.seq + 1, prev_hash: head.hash, personal_hash: hashPersonal(row.fields) }
  const hash = hashRecord(recordOf(linked))
  heads.set(row.tenant, { tenant: row.tenant, seq: linked.seq, hash })
  return { ...linked, hash }
}

async function store(transaction: Transaction<Tables>, rows: (AuditRow & Head)[]): Promise<void> {
  await sql`
    update audit
    set seq = sealed.seq, personal_hash = sealed.personal_hash, prev_hash = sealed.prev_hash, hash = sealed.hash
    from unnest(
      ${rows.map(({ id }) => id)}::bigint[], ${rows.map(({ seq }) => seq)}::bigint[],
      ${rows.map(({ personal_hash: hash }) => hash)}::text[], ${rows.map(({ prev_hash: hash }) => hash)}::text[],
      ${rows.map(({ hash }) => hash)}::text[]
    ) as sealed (id, seq, personal_hash, prev_hash, hash)
    where audit.id = sealed.id`.execute(transaction)
}

async function storeHeads(transaction: Transaction<Tables>, heads: Heads): Promise<void> {
  const all = [...heads.values()]
  await sql`
    update audit_heads set seq = head.seq, hash = head.hash
    from unnest(
      ${all.map(({ tenant }) => tenant)}::text[], ${all.map(({ seq }) => seq)}::bigint[], ${all.map(({ hash }) => hash)}::text[]
    ) as head (tenant, seq, hash)
    where audit_heads.tenant = head.tenant`.execute(transaction)
}
