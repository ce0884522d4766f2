import type { Hostname } from '../domain/hostname.ts'
import type { Target } from '../domain/target.ts'
import type { EdgeService } from './service.ts'

/**
 * Desired state of one name on every edge of a pool: what an agent pulls.
 *
 * Generations grow per pool under a row lock, so commit order is generation order; an agent refuses an older one.
 */
export interface Route {
  domainId: string
  hostname: Hostname
  generation: number
  /** `removed` routes are listed so that edges forget the name. */
  variant: 'http' | 'https' | 'removed'
  /** `holding` while the domain is suspended, whatever its own target is. */
  target: Target | { type: 'holding' }
  /** With `https` only. */
  certificate: RouteCertificate | null
}

export interface RouteCertificate {
  id: string
  serial: string
  chainPem: string
  keyPem: string
}

/** One answer of the long poll: everything changed since the generation the agent named. */
export interface RouteUpdate {
  /** Generation of the pool as of this answer: the next poll starts here. */
  generation: number
  routes: Route[]
  /** All services there are, when one of them changed since the generation the agent named; absent when none did. */
  services?: EdgeService[]
  /** Traceparents by domain: what the change of its route is a part of, where that is traced. */
  traces?: Record<string, string>
}

/** What an agent tells the control plane. A report is level-triggered: repeating it changes nothing. */
export interface EdgeReport {
  /** Everything up to this generation is applied and proved, except `rejected`. */
  generation: number
  /** Names this edge refused; their last good version is still served. The list is complete, not a delta. */
  rejected: RejectedRoute[]
  /** Such as `nginx/1.22.1` or `built-in`. */
  server: string
}

export interface RejectedRoute {
  domainId: string
  generation: number
  detail: string
}

/** An edge without a heartbeat for this long is not waited for, and is named instead. */
export const EDGE_LIVE_MS = 30_000
/** How often an agent reports when nothing changes. */
export const EDGE_HEARTBEAT_MS = 10_000
