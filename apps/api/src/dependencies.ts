import type { Clock, Dispatch, EdgeRegistry, JobQueue, KeyCustody, Registry, RegistrationRules } from '@mooring/core'
import type { Logger } from '@mooring/runtime'

/** Everything the API is handed: it constructs none of it. */
export interface ApiDependencies {
  registry: Registry
  dispatch: Dispatch
  edges: EdgeRegistry
  queue: JobQueue
  custody: KeyCustody
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
  /** The longest that an edge's poll is held open. */
  longPollMs: number
}
