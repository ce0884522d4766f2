import type {
  AuditPersonal,
  BucketName,
  Certificate,
  ChallengeType,
  CustomerTopic,
  DeliveryStatus,
  DnsAccountSettings,
  DnsFindings,
  EventType,
  Lane,
  Notice,
  NoticeGroup,
  NoticeScope,
  PreviousToken,
  Reason,
  Reservation,
  Route,
  SealedKey,
  Suspension,
  Target,
  Tls,
  Verification,
  WebhookTry,
} from '@mooring/core'
import type { ColumnType, Generated, JSONColumnType } from 'kysely'

/** Rows as `migrations/` makes them. `Json` columns take text (`JSON.stringify`), so that arrays are not mistaken for SQL arrays. */
export interface Tables {
  edge_pools: EdgePoolRow
  api_keys: ApiKeyRow
  users: UserRow
  sessions: SessionRow
  domains: DomainRow
  hostnames: HostnameRow
  consents: ConsentRow
  dns_zones: DnsZoneRow
  events: EventRow
  attempts: AttemptRow
  certificates: CertificateRow
  challenges: ChallengeRow
  ca_budgets: BudgetRow
  ca_health: HealthRow
  acme_accounts: AcmeAccountRow
  routes: RouteRow
  edges: EdgeRow
  edge_rejections: EdgeRejectionRow
  workers: WorkerRow
  idempotency_keys: IdempotencyKeyRow
  notice_outbox: NoticeOutboxRow
  notice_groups: NoticeGroupRow
  notice_members: NoticeMemberRow
  deliveries: DeliveryRow
  notices: NoticeRow
  notice_tellings: NoticeTellingRow
  notice_channels: NoticeChannelRow
  silences: SilenceRow
  contacts: ContactRow
  unsubscribes: UnsubscribeRow
  customer_tellings: CustomerTellingRow
  dead_letters: DeadLetterRow
  webhooks: WebhookRow
  webhook_deliveries: WebhookDeliveryRow
  webhook_lines: WebhookLineRow
  webhook_cursor: WebhookCursorRow
  domain_traffic: DomainTrafficRow
  audit: AuditRow
  audit_personal: AuditPersonalRow
  audit_heads: AuditHeadRow
  traffic_batches: TrafficBatchRow
  domain_troubles: DomainTroubleRow
  certificate_ends: CertificateEndRow
  tallies: TallyRow
}

type Json<T> = ColumnType<T, string, string>
type NullableJson<T> = ColumnType<T | null, string | null, string | null>
type Time = ColumnType<Date, Date, Date>
type NullableTime = ColumnType<Date | null, Date | null | undefined, Date | null>
type DefaultTime = ColumnType<Date, Date | undefined, Date>
/** `jsonb` with a default. */
type DefaultJson<T> = ColumnType<T, string | undefined, string>
type Identity = ColumnType<number, never, never>

interface EdgePoolRow {
  name: string
  generation: Generated<number>
}

interface ApiKeyRow {
  id: string
  key_hash: string
  name: string
  role: string
  tenant: string | null
  created_at: DefaultTime
  created_by: string
  expires_at: NullableTime
  last_used_at: NullableTime
  revoked_at: NullableTime
}

interface UserRow {
  id: string
  email: string
  name: string
  role: string
  password_hash: string | null
  oidc_issuer: string | null
  oidc_subject: string | null
  created_at: DefaultTime
  disabled_at: NullableTime
  last_seen_at: NullableTime
}

interface SessionRow {
  token_hash: string
  user_id: string | null
  key_id: string | null
  credential: string
  created_at: DefaultTime
  used_at: DefaultTime
  expires_at: Time
}

interface DomainRow {
  id: string
  hostname: string
  tenant: string
  /** Text, not an enum: a row of a newer release may carry a state or step this one does not know. */
  state: string
  step: string
  reason: NullableJson<Reason>
  attempt: Generated<number>
  looks: Generated<number>
  gen: Generated<number>
  lane: Lane
  next_run_at: NullableTime
  hinted_until: NullableTime
  lease_token: Generated<number>
  lease_until: NullableTime
  leased_by: string | null
  target: Json<Target>
  verification: Json<StoredVerification>
  tls: Json<Tls>
  edge_pool: string
  dns: DefaultJson<DnsFindings>
  certificate_id: string | null
  reverify_at: NullableTime
  renew_at: NullableTime
  renewal_attempt: Generated<number>
  renewal_reason: NullableJson<Reason>
  holds: Generated<boolean>
  claim_era: Generated<number>
  takes_over_from: string | null
  suspension: Suspension | null
  ownership_missed_at: NullableTime
  route_generation: number | null
  metadata: DefaultJson<Record<string, unknown>>
  immediate: Generated<boolean>
  revoke: Generated<boolean>
  delete_after: NullableTime
  ended_at: NullableTime
  erased_at: NullableTime
  ownership_verified_at: NullableTime
  routing_verified_at: NullableTime
  activated_at: NullableTime
  created_at: DefaultTime
  updated_at: DefaultTime
}

/** As JSON keeps it. The release before this one knew neither routing, nor the token's age, nor rotation. */
export interface StoredVerification
  extends Pick<Verification, 'method' | 'token'>,
    Partial<Pick<Verification, 'routing'>> {
  expiresAt: string
  issuedAt?: string
  previous?: (Omit<PreviousToken, 'acceptedUntil'> & { acceptedUntil: string }) | null
}

interface HostnameRow {
  hostname: string
  holder: string | null
  era: Generated<number>
  taken_at: NullableTime
  released_at: NullableTime
}

interface ConsentRow {
  domain_id: string
  tenant: string
  created_at: DefaultTime
}

interface DnsZoneRow {
  id: string
  name: string
  tenant: string | null
  account: Json<DnsAccountSettings>
  sealed_credentials: Json<SealedKey>
  created_at: DefaultTime
}

interface EventRow {
  id: Identity
  /** See `event-stream.ts`; null before there was one. */
  tx: ColumnType<string | null, never, never>
  domain_id: string
  at: DefaultTime
  type: string
  actor: string
  data: DefaultJson<Record<string, unknown>>
}

interface AttemptRow {
  id: Identity
  domain_id: string
  lease_token: number
  step: string
  worker: string
  started_at: DefaultTime
  finished_at: NullableTime
  outcome: Generated<'running' | 'done' | 'wait' | 'retry' | 'failed' | 'superseded' | 'lost'>
  code: string | null
  detail: string | null
  trace_id: string | null
}

interface CertificateRow {
  id: string
  domain_id: string
  issuer: string
  status: Certificate['status']
  sealed_key: Json<SealedKey>
  csr: Buffer
  order_url: string | null
  chain_pem: string | null
  serial: string | null
  not_before: NullableTime
  not_after: NullableTime
  renew_at: NullableTime
  parked_at: NullableTime
  reserved: NullableJson<Reservation[]>
  window_start: NullableTime
  window_end: NullableTime
  ask_again_at: NullableTime
  created_at: DefaultTime
}

interface BudgetRow {
  ca: string
  bucket: BucketName
  key: string
  tat: DefaultTime
  reserved: Generated<number>
  line: DefaultTime
  blocked_until: DefaultTime
  unpause_url: string | null
  failures: Generated<number>
}

interface HealthRow {
  ca: string
  failures: Generated<number>
  down_since: NullableTime
  probe_at: NullableTime
}

interface ChallengeRow {
  token: string
  type: Generated<ChallengeType>
  domain_id: string
  certificate_id: string | null
  hostname: string
  key_authorization: string | null
  name: string | null
  value: string | null
  created_at: DefaultTime
}

interface AcmeAccountRow {
  directory_url: string
  sealed_key: Json<SealedKey>
  next_sealed_key: NullableJson<SealedKey>
  account_url: string | null
  deactivated_at: NullableTime
  created_at: DefaultTime
}

interface RouteRow {
  domain_id: string
  hostname: string
  edge_pool: string
  generation: number
  variant: Route['variant']
  target: Json<Route['target']>
  certificate_id: string | null
}

interface EdgeRow {
  id: string
  name: string
  edge_pool: string
  token_hash: string
  registered_at: DefaultTime
  last_seen_at: NullableTime
  generation: Generated<number>
  server: string | null
  quarantined_at: NullableTime
}

interface EdgeRejectionRow {
  edge_id: string
  domain_id: string
  generation: number
  detail: string
}

interface WorkerRow {
  name: string
  slots: number
  started_at: DefaultTime
  seen_at: DefaultTime
  draining: Generated<boolean>
}

interface IdempotencyKeyRow {
  key: string
  request_hash: string
  status: number
  headers: JSONColumnType<Record<string, string>>
  body: Json<unknown>
  created_at: DefaultTime
}

interface NoticeOutboxRow {
  id: Identity
  at: DefaultTime
  group_key: string
  domain_id: string
  hostname: string
  reason: Json<Reason>
}

interface NoticeGroupRow {
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

interface NoticeMemberRow {
  group_key: string
  domain_id: string
  at: DefaultTime
}

interface NoticeRow {
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

interface NoticeTellingRow {
  notice_id: string
  channel: string
  delivery_id: string | null
}

interface NoticeChannelRow {
  channel: string
  tat: DefaultTime
  window_until: DefaultTime
  told: Generated<number>
  ready_at: DefaultTime
}

interface SilenceRow {
  id: string
  code: string | null
  tenant: string | null
  until: Time
  why: string
  created_by: string
  created_at: DefaultTime
  told_at: NullableTime
}

interface ContactRow {
  id: string
  tenant: string
  domain_id: string | null
  email: string
  locale: string
  secret: string
  created_at: DefaultTime
}

interface UnsubscribeRow {
  contact_id: string
  topic: CustomerTopic
  at: DefaultTime
}

interface CustomerTellingRow {
  domain_id: string
  topic: CustomerTopic
  mark: string
  contact_id: string
  at: DefaultTime
  delivery_id: string | null
  told_at: NullableTime
}

interface DeliveryRow {
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

interface WebhookRow {
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

interface WebhookDeliveryRow {
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

interface WebhookLineRow {
  webhook_id: string
  line: string
  next_run_at: DefaultTime
  lease_token: Generated<number>
  lease_until: NullableTime
}

interface WebhookCursorRow {
  is_it: Generated<boolean>
  tx: string
  id: number
}

interface DeadLetterRow {
  id: Identity
  at: DefaultTime
  queue: string
  code: string
  detail: string
  excerpt: string
  bytes: number
}

/** Written once: sealed later, then never changed. */
interface AuditRow {
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

interface AuditPersonalRow {
  audit_id: number
  at: DefaultTime
  fields: Json<AuditPersonal>
}

interface AuditHeadRow {
  tenant: string
  seq: Generated<number>
  hash: Generated<string>
  pruned_seq: Generated<number>
  pruned_hash: Generated<string>
}

interface DomainTrafficRow {
  domain_id: string
  minute: Time
  requests: number
  bytes: number
  status: number[]
  latency: number[]
}

interface TrafficBatchRow {
  edge_id: string
  batch: string
  received_at: DefaultTime
}

/** Written by triggers (migration 0011), as the next one. */
interface DomainTroubleRow {
  domain_id: string
  code: string | null
  actor: string | null
}

interface CertificateEndRow {
  domain_id: string
  certificate_id: string
  tenant: string
  state: DomainRow['state']
  not_before: NullableTime
  not_after: Time
}

interface TallyRow {
  name: string
  at: Time
  facts: Json<unknown>
}
