import type { Generated, JSONColumnType } from 'kysely'
import type { Json, Time, DefaultTime, Identity } from './columns.ts'

export interface WorkerRow {
  name: string
  slots: number
  started_at: DefaultTime
  seen_at: DefaultTime
  draining: Generated<boolean>
}

export interface IdempotencyKeyRow {
  key: string
  request_hash: string
  status: number
  headers: JSONColumnType<Record<string, string>>
  body: Json<unknown>
  created_at: DefaultTime
}

export interface DeadLetterRow {
  id: Identity
  at: DefaultTime
  queue: string
  code: string
  detail: string
  excerpt: string
  bytes: number
}

export interface TallyRow {
  name: string
  at: Time
  facts: Json<unknown>
}
