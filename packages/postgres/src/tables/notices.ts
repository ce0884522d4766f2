import type { CustomerTopic, Notice, NoticeGroup, NoticeScope, Reason } from '@mooring/core'
import type { Generated } from 'kysely'
import type { Json, Time, NullableTime, DefaultTime, Identity } from './columns.ts'

export interface NoticeOutboxRow {
  id: Identity
  at: DefaultTime
  group_key: string
  domain_id: string
  hostname: string
  reason: Json<Reason>
}

export interface NoticeGroupRow {
  group_key: string
  /** Null in a row of the release before this one, whose keys were codes. */
  code: string | null
  scope: NoticeScope
  subject: string | null
  window_until: Time
  held: Generated<number>
  sample: Json<NoticeGroup['sample']>
  since: DefaultTime
  domains: Generated<number>
  clear_since: NullableTime
  escalated: Generated<number>
  check_at: DefaultTime
}

export interface NoticeMemberRow {
  group_key: string
  domain_id: string
  at: DefaultTime
}

export interface NoticeRow {
  id: string
  at: DefaultTime
  kind: Notice['kind']
  code: string
  scope: NoticeScope
  subject: string | null
  group_key: string
  count: number
  is_urgent: boolean
  text: string
  silence_id: string | null
}

export interface NoticeTellingRow {
  notice_id: string
  channel: string
  delivery_id: string | null
}

export interface NoticeChannelRow {
  channel: string
  tat: DefaultTime
  window_until: DefaultTime
  told: Generated<number>
  ready_at: DefaultTime
}

export interface SilenceRow {
  id: string
  code: string | null
  tenant: string | null
  until: Time
  why: string
  created_by: string
  created_at: DefaultTime
  told_at: NullableTime
}

export interface DeliveryRow {
  id: string
  channel: string
  body: Json<Record<string, unknown>>
  attempt: Generated<number>
  next_run_at: NullableTime
  lease_token: Generated<number>
  lease_until: NullableTime
  delivered_at: NullableTime
  last_error: string | null
  created_at: DefaultTime
}

export interface ContactRow {
  id: string
  tenant: string
  domain_id: string | null
  email: string
  locale: string
  secret: string
  created_at: DefaultTime
}

export interface UnsubscribeRow {
  contact_id: string
  topic: CustomerTopic
  at: DefaultTime
}

export interface CustomerTellingRow {
  domain_id: string
  topic: CustomerTopic
  mark: string
  contact_id: string
  at: DefaultTime
  delivery_id: string | null
  told_at: NullableTime
}
