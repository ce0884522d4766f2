import type { AuditEntry, AuditPersonal, AuditRecord } from '@mooring/core'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Tables } from './tables.ts'

export type AuditRow = Omit<Selectable<Tables['audit']>, 'tx'> & { fields: AuditPersonal | null }

/** Of `audit`, with what is outside the chain as `fields`. */
export const AUDIT_COLUMNS: RawBuilder<unknown> = sql`
  audit.id, audit.at, audit.tenant, actor_kind, actor_id, actor_tenant, action, outcome, subject, before, after, request_id,
  seq, personal_hash, prev_hash, hash, audit_personal.fields`

export const AUDIT_ROWS: RawBuilder<unknown> = sql`audit left join audit_personal on audit_personal.audit_id = audit.id`

export const entryOf = (row: AuditRow): AuditEntry => ({
  id: String(row.id),
  at: row.at.toISOString(),
  tenant: row.tenant,
  seq: row.seq,
  actor: { kind: row.actor_kind, id: row.actor_id, tenant: row.actor_tenant },
  action: row.action,
  outcome: row.outcome,
  subject: row.subject,
  before: row.before,
  after: row.after,
  request_id: row.request_id,
  hash: row.hash,
  personal: row.fields,
})

/** Of a row that is sealed, or is just being sealed. */
export const recordOf = (row: AuditRow): AuditRecord => ({
  ...entryOf(row),
  seq: row.seq ?? 0,
  personal_hash: row.personal_hash ?? '',
  prev_hash: row.prev_hash ?? '',
  hash: row.hash ?? '',
})
