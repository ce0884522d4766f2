import type {
  BucketName,
  Certificate,
  ChallengeType,
  DnsAccountSettings,
  DnsFindings,
  Lane,
  PreviousToken,
  Reason,
  Reservation,
  Route,
  SealedKey,
  Suspension,
  Target,
  Tls,
  Verification,
} from '@mooring/core'
import type { ColumnType, Generated, JSONColumnType } from 'kysely'

/** Rows as `migrations/` makes them. `Json` columns take text (`JSON.stringify`), so that arrays are not mistaken for SQL arrays. */
export interface Tables {
  edge_pools: EdgePoolRow
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
  dead_letters: DeadLetterRow
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
  window_until: Time
  held: Generated<number>
  sample: Json<Record<string, unknown>>
}

interface NoticeMemberRow {
  group_key: string
  domain_id: string
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

interface DeadLetterRow {
  id: Identity
  at: DefaultTime
  queue: string
  code: string
  detail: string
  excerpt: string
  bytes: number
}
