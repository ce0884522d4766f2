import type { DeliveryStatus, EventType, SealedKey, WebhookTry } from '@mooring/core'
import type { Generated } from 'kysely'
import type { Json, NullableJson, NullableTime, DefaultTime, DefaultJson } from './columns.ts'

export interface WebhookRow {
  id: string
  url: string
  tenant: string | null
  types: EventType[] | null
  description: Generated<string>
  sealed_secret: Json<SealedKey>
  previous_sealed_secret: NullableJson<SealedKey>
  previous_until: NullableTime
  hears_from: Generated<string>
  disabled_at: NullableTime
  disabled_because: 'gone' | 'operator' | null
  created_at: DefaultTime
  created_by: string
  updated_at: DefaultTime
}

export interface WebhookDeliveryRow {
  id: string
  webhook_id: string
  line: string
  sequence: number
  type: string
  body: Json<Record<string, unknown>>
  status: Generated<DeliveryStatus>
  attempt: Generated<number>
  request_headers: NullableJson<Record<string, string>>
  tries: DefaultJson<WebhookTry[]>
  created_at: DefaultTime
  queued_at: DefaultTime
  settled_at: NullableTime
}

export interface WebhookLineRow {
  webhook_id: string
  line: string
  next_run_at: DefaultTime
  lease_token: Generated<number>
  lease_until: NullableTime
}

export interface WebhookCursorRow {
  is_it: Generated<boolean>
  tx: string
  id: number
}
