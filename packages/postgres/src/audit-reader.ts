import type { AuditChain, AuditFilter, AuditReader, AuditRecord, Page } from '@mooring/core'
import { type Kysely, type Selectable, sql } from 'kysely'
import { AUDIT_COLUMNS, AUDIT_ROWS, type AuditRow, entryOf, recordOf } from './audit-row.ts'
import { decodeCursor, pageOf } from './cursor.ts'
import type { TenantDatabase } from './database.ts'
import type { Tables } from './tables.ts'

const BATCH = 1_000

/** On the whole database, or on what one tenant has of it (`database.asTenant`). */
export function createAuditReader({ kysely }: TenantDatabase): AuditReader {
  return {
    async list(filter, { limit, cursor }: Page) {
      const { rows } = await sql<AuditRow>`
        select ${AUDIT_COLUMNS} from ${AUDIT_ROWS}
        where ${matching(filter)} and audit.id < ${cursor === null ? Number.MAX_SAFE_INTEGER : decodeCursor(cursor, ['number'])[0]}
        order by audit.id desc limit ${limit + 1}`.execute(kysely)
      return pageOf(rows, limit, { item: entryOf, place: ({ id }) => [id] })
    },
    chains: (tenant) => chainsOf(kysely, tenant),
    records: (chain) => recordsOf(kysely, chain),
  }
}

function matching({ tenant, actor, action, subject }: AuditFilter) {
  const asked = [
    tenant === undefined ? null : sql`audit.tenant = ${tenant}`,
    actor === undefined ? null : sql`actor_id = ${actor}`,
    action === undefined ? null : sql`action = ${action}`,
    subject === undefined ? null : sql`subject = ${subject}`,
  ]
  return sql.join([sql`true`, ...asked.filter((one) => one !== null)], sql` and `)
}

type HeadRow = Selectable<Tables['audit_heads']>

async function* chainsOf(kysely: Kysely<Tables>, tenant: string | null): AsyncGenerator<AuditChain> {
  let last: string | null = null
  for (;;) {
    const { rows }: { rows: HeadRow[] } = await sql<HeadRow>`
      select tenant, pruned_seq, pruned_hash,
        -- A head that was set back hides no rows beyond it: then it is the last row's number, and no row's hash.
        greatest(h.seq, last.seq) as seq, case when last.seq > h.seq then '' else h.hash end as hash
      from audit_heads h
      cross join lateral (select max(a.seq) as seq from audit a where a.tenant = h.tenant) as last
      where ${tenant === null ? sql`true` : sql`tenant = ${tenant}`} and ${last === null ? sql`true` : sql`tenant > ${last}`}
      order by tenant limit ${BATCH}`.execute(kysely)
    yield* rows.map(toChain)
    last = rows.at(-1)?.tenant ?? null
    if (rows.length < BATCH) return
  }
}

const toChain = ({ tenant, seq, hash, pruned_seq: prunedSeq, pruned_hash: prunedHash }: HeadRow): AuditChain => ({
  tenant,
  after: { seq: prunedSeq, hash: prunedHash },
  head: { seq, hash },
})

/** Each batch is a statement of its own: nothing is held while somebody slow reads on. */
async function* recordsOf(kysely: Kysely<Tables>, { tenant, head }: AuditChain): AsyncGenerator<AuditRecord> {
  let last = 0
  for (;;) {
    const { rows }: { rows: AuditRow[] } = await sql<AuditRow>`
      select ${AUDIT_COLUMNS} from ${AUDIT_ROWS}
      where audit.tenant = ${tenant} and seq > ${last} and seq <= ${head.seq}
      order by seq limit ${BATCH}`.execute(kysely)
    yield* rows.map(recordOf)
    last = rows.at(-1)?.seq ?? last
    if (rows.length < BATCH) return
  }
}
