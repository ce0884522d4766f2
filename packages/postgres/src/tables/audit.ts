import type { AuditPersonal } from '@mooring/core'
import type { ColumnType, Generated } from 'kysely'
import type { Json, NullableJson, DefaultTime, Identity } from './columns.ts'

/** Written once: sealed later, then never changed. */
export interface AuditRow {
  id: Identity
  tx: ColumnType<string, never, never>
  at: ColumnType<Date, never, never>
  tenant: string
  actor_kind: string
  actor_id: string
  actor_tenant: string | null
  action: string
  outcome: 'done' | 'refused'
  subject: string | null
  before: NullableJson<unknown>
  after: NullableJson<unknown>
  request_id: string | null
  seq: number | null
  personal_hash: string | null
  prev_hash: string | null
  hash: string | null
}

export interface AuditPersonalRow {
  audit_id: number
  at: DefaultTime
  fields: Json<AuditPersonal>
}

export interface AuditHeadRow {
  tenant: string
  seq: Generated<number>
  hash: Generated<string>
  pruned_seq: Generated<number>
  pruned_hash: Generated<string>
}
