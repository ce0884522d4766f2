import type { RegisteredEdge } from './edges.ts'
import type { TrafficCount } from '../edge/traffic-count.ts'
import type { TrafficReport } from '../edge/traffic.ts'

/** Traffic of all edges together. */
export interface TrafficStore {
  /**
   * Adds a report to what is there, once for each edge and batch, in one transaction. Only names of the edge's own pool
   * are counted; a minute that is long past or to come is not.
   */
  add(edge: RegisteredEdge, report: TrafficReport): Promise<void>
  /** Minutes with traffic from `from` until before `to`, oldest first. */
  minutes(domainId: string, from: Date, to: Date): Promise<(TrafficCount & { minute: Date })[]>
}

/** Pieces of an edge's log that were counted and are to be reported. */
export interface TrafficSource {
  /** Cuts off what was logged until now. */
  cut(): Promise<void>
  /** The oldest piece that can be counted; null when there is none. */
  next(): Promise<TrafficPiece | null>
  /** How many wait to be reported. */
  waiting(): number
}

export interface TrafficPiece {
  /** Unique, and the same for the same piece after a restart. */
  name: string
  /** The same rows in the same order each time. */
  rows: TrafficReport['rows']
  /** Requests for names that are not served. */
  unrouted: number
  /** It is reported: it may be forgotten. */
  settle(): Promise<void>
}
