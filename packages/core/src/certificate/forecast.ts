import type { BucketState } from './admission.ts'
import { type Bucket, type Limit, tokenAt, tokensLeft } from './gcra.ts'

/** A bucket, and how many of a full one's tokens orders of the kind in question may take. */
export interface ForecastBucket {
  /** Null: the authority does not count such orders, as far as anybody knows. */
  limit: Limit | null
  capacity: number
  state: BucketState
}

export interface Forecast {
  /** Orders that can go within the horizon, with those that wait already. Null: as many as there are. */
  orders: number | null
  /** When an order that comes now would go, behind those that wait; null while somebody has to act first. */
  goesAt: number | null
}

/**
 * What `decideAdmission` will make of orders that come from `now` on, each as soon as it may. What is reserved is taken
 * for spent: most orders end with a certificate.
 */
export function forecast({ limit, capacity, state }: ForecastBucket, now: number, horizonMs: number): Forecast {
  if (state.unpauseUrl !== null) return { orders: 0, goesAt: null }
  const start = Math.max(now, state.blockedUntil)
  const end = now + horizonMs
  if (limit === null) return { orders: start > end ? 0 : null, goesAt: start }
  const bucket = { limit, capacity, state: withReservedSpent(state, limit, now) }
  return { orders: ordersBetween(bucket, start, end), goesAt: turnAt(bucket, start) }
}

type LimitedBucket = ForecastBucket & { limit: Limit }

const withReservedSpent = (state: BucketState, { refillMs }: Limit, now: number): BucketState => ({
  ...state,
  tat: Math.max(state.tat, now) + state.reserved * refillMs,
  reserved: 0,
})

/** What is there at the start, and what comes back until the end. */
function ordersBetween({ limit, capacity, state }: LimitedBucket, start: number, end: number): number {
  if (start > end) return 0
  const isFullAt = Math.max(state.tat, start)
  return Math.max(0, Math.floor(capacity - (isFullAt - end) / limit.refillMs))
}

/** As in `decideAdmission`: now if there is a token, else behind the last one who was told a turn. */
function turnAt({ limit, capacity, state }: LimitedBucket, start: number): number {
  if (tokensLeft(state, limit, capacity, start) >= 1) return start
  return Math.max(tokenAt(state, limit, capacity, start), state.line + limit.refillMs)
}

/** Tokens that were taken and have not come back. */
export const tokensUsed = ({ tat }: Pick<Bucket, 'tat'>, { refillMs }: Limit, now: number): number =>
  Math.ceil(Math.max(0, tat - now) / refillMs)
