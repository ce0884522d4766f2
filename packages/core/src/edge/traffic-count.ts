/** Classes of HTTP status, in the order in which they are counted. */
export const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const

/** Upper bounds of the classes of time that a request took; a last one has no bound. */
export const LATENCY_BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const

export interface TrafficCount {
  requests: number
  /** Sent to visitors, headers included. */
  bytes: number
  /** By `CLASSES`. */
  status: number[]
  /** By `LATENCY_BOUNDS_MS`, and one for what took longer. */
  latency: number[]
}

/** One request as it was answered. */
export interface AnsweredRequest {
  status: number
  bytes: number
  ms: number
}

export const noTraffic = (): TrafficCount => ({
  requests: 0,
  bytes: 0,
  status: CLASSES.map(() => 0),
  latency: [...LATENCY_BOUNDS_MS, Number.POSITIVE_INFINITY].map(() => 0),
})

export function addRequest(count: TrafficCount, { status, bytes, ms }: AnsweredRequest): void {
  count.requests += 1
  count.bytes += bytes
  const place = Math.floor(status / 100) - 1
  if (place in count.status) count.status[place] = (count.status[place] ?? 0) + 1
  // A websocket lasts as long as its visitor stays, which says nothing of how fast the site is.
  if (status === 101) return
  const bucket = LATENCY_BOUNDS_MS.findIndex((bound) => ms <= bound)
  const at = bucket === -1 ? LATENCY_BOUNDS_MS.length : bucket
  count.latency[at] = (count.latency[at] ?? 0) + 1
}

/**
 * The time within which the given share of requests was answered, as Prometheus estimates it: requests lie evenly within
 * their class. Null where there is none; what is beyond the last bound counts as the bound.
 */
export function latencyQuantile(latency: readonly number[], share: number): number | null {
  const total = latency.reduce((sum, requests) => sum + requests, 0)
  if (total === 0) return null
  const rank = share * total
  let below = 0
  let lower = 0
  for (const [place, bound] of LATENCY_BOUNDS_MS.entries()) {
    const here = latency[place] ?? 0
    if (here > 0 && below + here >= rank) return Math.round(lower + ((bound - lower) * (rank - below)) / here)
    below += here
    lower = bound
  }
  return lower
}
