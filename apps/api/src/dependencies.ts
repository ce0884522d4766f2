import type {
  AuditLog,
  AuditReader,
  Budgets,
  Clock,
  ContactBook,
  Dispatch,
  DnsAccount,
  DnsProvider,
  DnsZoneStore,
  EdgeRegistry,
  EventStream,
  FleetFacts,
  HttpProbe,
  JobQueue,
  KeyCustody,
  ManagedZones,
  Operations,
  NoticeDesk,
  Registry,
  RegistrationRules,
  Resolver,
  ServiceStore,
  Tracer,
  TraceStore,
  TrafficStore,
  WebhookStore,
} from '@mooring/core'
import type { Logger, Meter } from '@mooring/runtime'
import type { AuthorityLimits } from './limits-resource.ts'
import type { Access } from './open-access.ts'

/** Everything the API is handed: it constructs none of it. */
export interface ApiDependencies {
  registry: Registry
  /** What one tenant has of it: every statement acts for that tenant. */
  registryFor(tenant: string): Registry
  access: Access
  dispatch: Dispatch
  edges: EdgeRegistry
  operations: Operations
  queue: JobQueue
  custody: KeyCustody
  /** Asked by diagnoses only: everything else that looks at DNS is the worker's. */
  resolver: Resolver
  probe: HttpProbe
  budgets: Pick<Budgets, 'buckets' | 'unblock'>
  /** Of every configured authority, the preferred one first. */
  limits: readonly AuthorityLimits[]
  zoneStore: DnsZoneStore
  services: ServiceStore
  zones: ManagedZones
  /** Opens an account that is not stored yet, so that it can be tried first. */
  openDnsAccount(account: DnsAccount): DnsProvider
  /** Calls `listener` with the pool whose routes changed, or with `''` when changes may have been missed in any. */
  onRoutesChanged(listener: (pool: string) => void): void
  notices: NoticeDesk
  contacts: ContactBook
  events: EventStream
  webhooks: WebhookStore
  /** What one tenant has of them. */
  webhooksFor(tenant: string): WebhookStore
  audit: AuditLog
  /** Everything, or what one tenant has of it. */
  auditFor(tenant: string | null): AuditReader
  traffic: TrafficStore
  /** For the metrics, which ask seldom. */
  readFleet(): Promise<FleetFacts>
  meter: Meter
  /** Absent where nothing is traced. */
  tracing?: { tracer: Tracer; store: TraceStore } | undefined
  /** Resolves while the database answers, throws while it does not. */
  ping(): Promise<void>
  log: Logger
  clock: Clock
  settings: ApiSettings
}

export interface ApiSettings {
  /** The bootstrap admin key, 32 characters or more. */
  adminKey: string
  /** What hostnames and targets are judged by; holds the edges' name and addresses, too. */
  rules: RegistrationRules
  /** How long a customer has to add the ownership record before its token expires. */
  tokenLifetimeMs: number
  /** What CAA records call the certificate authority; empty when nobody says. */
  caaIdentities: readonly string[]
  /** CIDRs that webhooks may go to although they are private; only there without TLS. */
  webhookAllow?: readonly string[]
  /** The longest that an edge's poll is held open. */
  longPollMs: number
  /** Asked of whoever wants `/metrics`; without it there are none. */
  metricsToken?: string | undefined
  /** Where a person looks at a trace, with `{trace_id}` in it. */
  traceUrl?: string | undefined
}
