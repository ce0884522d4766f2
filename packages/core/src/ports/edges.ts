import type { SealedKey } from '../certificate/sealed-key.ts'
import type { Domain } from '../domain/domain.ts'
import type { EdgeReport, Route } from '../edge/route.ts'
import type { EdgeService } from '../edge/service.ts'

/** How far a pool's edges are with one domain's route. */
export interface RouteProgress {
  /** Names of live edges (heartbeat within the limit) that proved the generation. */
  proved: string[]
  /** Live edges that have not yet. */
  pending: string[]
  /** Live or not: edges that refused this domain's configuration at this generation. */
  rejected: { edge: string; detail: string }[]
  /** Registered edges that are not live and have not proved the generation. */
  silent: string[]
}

export interface EdgeStore {
  progress(domain: Pick<Domain, 'id' | 'edgePool' | 'routeGeneration'>): Promise<RouteProgress>
}

/** The API's side of edges. */
export interface EdgeRegistry {
  /** Registers an edge, or gives a known one a new token (the old one stops working). The token is never stored. */
  enrol(edge: { name: string; pool: string }): Promise<{ edge: RegisteredEdge; token: string }>
  authenticate(token: string): Promise<RegisteredEdge | null>
  list(): Promise<(RegisteredEdge & { live: boolean })[]>
  /**
   * From now on nobody waits for the edge: it pulls its routes as ever, and what it proved or refused counts for nothing.
   * Domains that waited are made due. Null when there is no such edge.
   */
  quarantine(id: string): Promise<{ due: string[] } | null>
  /** What is published from now on waits for the edge again; false when there is no such edge. */
  release(id: string): Promise<boolean>
  /** Forgets an edge: removals no longer wait for it. Domains that waited are made due. */
  remove(id: string): Promise<{ removed: boolean; due: string[] }>
  /**
   * Routes of the edge's pool changed since `generation`, oldest first, at most `limit`; the answer's `generation` is
   * that of the last route in it, or the pool's when nothing is left. All services come with it if one changed since then.
   * Also counts as a heartbeat.
   */
  routesSince(
    edge: RegisteredEdge,
    generation: number,
    limit: number,
  ): Promise<{ generation: number; routes: StoredRoute[]; services?: EdgeService[] }>
  /** Stores the report and makes the domains that waited for it due, in one transaction; returns their ids. */
  report(edge: RegisteredEdge, report: EdgeReport): Promise<string[]>
}

export interface RegisteredEdge {
  id: string
  name: string
  pool: string
  registeredAt: Date
  lastSeenAt: Date | null
  generation: number
  server: string | null
  /** Since when nobody waits for it. */
  quarantinedAt: Date | null
}

/** A route as stored: its key is still sealed (binding: owner's and certificate's id). */
export interface StoredRoute extends Omit<Route, 'certificate'> {
  /** `ownerId` is the domain it was issued for: the route's own, or the wildcard whose certificate it shares. */
  certificate: { id: string; ownerId: string; serial: string; chainPem: string; sealedKey: SealedKey } | null
  /** What the work on its domain is a part of, where that is traced. */
  traceparent?: string
}
