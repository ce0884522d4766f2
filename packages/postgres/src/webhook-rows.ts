import type { Webhook, WebhookDelivery } from '@mooring/core'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Tables } from './tables.ts'

export type WebhookRow = Selectable<Tables['webhooks']>

export const toWebhook = (row: WebhookRow): Webhook => ({
  id: row.id,
  url: row.url,
  tenant: row.tenant,
  types: row.types,
  description: row.description,
  disabledAt: row.disabled_at,
  disabledBecause: row.disabled_because,
  previousUntil: row.previous_until,
  createdAt: row.created_at,
  createdBy: row.created_by,
  updatedAt: row.updated_at,
})

export type DeliveryRow = Selectable<Tables['webhook_deliveries']> & { next_at: Date | null }

/** When the delivery `d` is tried next: the first of its line, that is. */
export const nextTryAt: RawBuilder<Date | null> = sql`
  case when d.status = 'pending' and not exists (
    select from webhook_deliveries e
    where e.webhook_id = d.webhook_id and e.line = d.line and e.status = 'pending' and e.sequence < d.sequence
  ) then (select l.next_run_at from webhook_lines l where l.webhook_id = d.webhook_id and l.line = d.line) end`

export const toDelivery = (row: DeliveryRow): WebhookDelivery => ({
  id: row.id,
  webhookId: row.webhook_id,
  domainId: row.line === row.id ? null : row.line,
  type: row.type,
  body: row.body,
  status: row.status,
  attempt: row.attempt,
  nextAt: row.next_at,
  requestHeaders: row.request_headers,
  tries: row.tries,
  createdAt: row.created_at,
  settledAt: row.settled_at,
})
