import { type Kysely, sql } from 'kysely'
import { milliseconds } from './due.ts'
import type { Tables } from './tables.ts'

const BATCH = 10_000

/** See `prune_audit` in the migration: what stays of a chain verifies, from its checkpoint on. */
export async function pruneAudit(kysely: Kysely<Tables>, auditMs: number): Promise<number> {
  const { rows } = await sql<{ removed: number }>`
    select prune_audit(now() - ${milliseconds(auditMs)}, ${BATCH}) as removed`.execute(kysely)
  return rows[0]?.removed ?? 0
}

/** Names, addresses, reasons and what people typed; never of a row that is not sealed, whose hash would miss them. */
export async function eraseAuditPersonal(kysely: Kysely<Tables>, personalMs: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from audit_personal where audit_id in (
      select audit_id from audit_personal p join audit on audit.id = p.audit_id
      where p.at < now() - ${milliseconds(personalMs)} and audit.seq is not null
      limit ${BATCH}
    )`.execute(kysely)
  return Number(numAffectedRows ?? 0)
}
