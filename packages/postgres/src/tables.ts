import type { ApiKeyRow, UserRow, SessionRow } from './tables/access.ts'
import type { AuditRow, AuditPersonalRow, AuditHeadRow } from './tables/audit.ts'
import type {
  CertificateRow,
  CertificateEndRow,
  ChallengeRow,
  BudgetRow,
  HealthRow,
  AcmeAccountRow,
} from './tables/certificates.ts'
import type {
  DomainRow,
  HostnameRow,
  ConsentRow,
  DnsZoneRow,
  EventRow,
  AttemptRow,
  DomainTroubleRow,
} from './tables/domains.ts'
import type {
  EdgePoolRow,
  RouteRow,
  EdgeRow,
  EdgeRejectionRow,
  DomainTrafficRow,
  TrafficBatchRow,
  ServiceRow,
  ServicePublicationRow,
} from './tables/edges.ts'
import type { WorkerRow, IdempotencyKeyRow, DeadLetterRow, TallyRow } from './tables/fleet.ts'
import type {
  NoticeOutboxRow,
  NoticeGroupRow,
  NoticeMemberRow,
  NoticeRow,
  NoticeTellingRow,
  NoticeChannelRow,
  SilenceRow,
  DeliveryRow,
  ContactRow,
  UnsubscribeRow,
  CustomerTellingRow,
} from './tables/notices.ts'
import type { WebhookRow, WebhookDeliveryRow, WebhookLineRow, WebhookCursorRow } from './tables/webhooks.ts'

/** Rows as `migrations/` makes them. */
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
  services: ServiceRow
  service_publications: ServicePublicationRow
}
