import type {
  Budgets,
  Clock,
  Dispatch,
  DnsAccount,
  DnsProvider,
  DnsZoneStore,
  EdgeRegistry,
  HttpProbe,
  JobQueue,
  KeyCustody,
  ManagedZones,
  Registry,
  RegistrationRules,
  Resolver,
} from '@mooring/core'
import type { Logger } from '@mooring/runtime'
import type { AuthorityLimits } from './limits-resource.ts'

/** Everything the API is handed: it constructs none of it. */
export interface ApiDependencies {
  registry: Registry
  dispatch: Dispatch
  edges: EdgeRegistry
  queue: JobQueue
  custody: KeyCustody
  /** Asked by diagnoses only: everything else that looks at DNS is the worker's. */
  resolver: Resolver
  probe: HttpProbe
  budgets: Pick<Budgets, 'buckets' | 'unblock'>
  /** Of every configured authority, the preferred one first. */
  limits: readonly AuthorityLimits[]
  zoneStore: DnsZoneStore
  zones: ManagedZones
  /** Opens an account that is not stored yet, so that it can be tried first. */
  openDnsAccount(account: DnsAccount): DnsProvider
  /** Calls `listener` with the pool whose routes changed, or with `''` when changes may have been missed in any. */
  onRoutesChanged(listener: (pool: string) => void): void
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
  /** The longest that an edge's poll is held open. */
  longPollMs: number
}
