import type { TrafficSource } from '../ports/traffic.ts'
import type { RejectedRoute, Route } from './route.ts'

/** A proxy target as the agent resolved it: addresses already judged by the address rules. */
export interface ResolvedUpstream {
  scheme: 'http' | 'https'
  /** Name or address as in the target; sent as Host? No: the visitor's Host is kept. Used for SNI to https targets. */
  host: string
  port: number
  /** Empty when the name did not resolve or every address was refused: the name answers 502, others are untouched. */
  addresses: string[]
}

/**
 * A service as the agent resolved it. It stands beside the routes that name it: a change of its servers changes none of
 * them.
 */
export interface ServedService {
  name: string
  scheme: 'http' | 'https'
  /** What the servers' certificates are for; null over http. */
  tlsName: string | null
  /** Those that may get visitors. Empty when no name of them resolves: its domains answer 502, others are untouched. */
  servers: { address: string; port: number }[]
}

/** A route ready to be rendered: no look-up is left to do. */
export interface ServedRoute extends Omit<Route, 'variant' | 'target'> {
  variant: 'http' | 'https'
  action:
    | { type: 'proxy'; upstream: ResolvedUpstream }
    | ({ type: 'service' } & Omit<ServedService, 'servers'>)
    | { type: 'redirect'; url: string; status: 301 | 302 | 307 | 308 }
    | { type: 'none' }
    | { type: 'holding' }
}

/** What `apply` came to. Everything not in `rejected` is served and proved by a handshake. */
export interface ApplyResult {
  rejected: RejectedRoute[]
}

/**
 * The web server an agent drives: nginx, or the built-in one where there is no nginx. Both pass
 * `test/contracts/edge-server.contract.ts`.
 */
export interface EdgeServer {
  /** Such as `nginx/1.22.1`. */
  readonly version: string
  /** What visitors asked of it, once it is started; null where that is not counted. */
  readonly traffic: TrafficSource | null
  /** Serves the last good configuration at once, adopting a running server if there is one. */
  start(): Promise<void>
  /**
   * Makes exactly these routes served, proves it, and resolves. A route that cannot be served is rejected and its last
   * good version stays. Rejects only when nothing could be applied at all; last good is then untouched. `services` are
   * those that the routes name.
   */
  apply(routes: ServedRoute[], generation: number, services?: ServedService[]): Promise<ApplyResult>
  /** Asks it: whether it answers, and with what was applied last. */
  isServing(): Promise<boolean>
  /** Stops serving (standalone, tests); agents in production leave the server running. */
  stop(): Promise<void>
}
