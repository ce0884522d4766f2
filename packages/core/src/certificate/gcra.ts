/**
 * A token bucket, kept as the generic cell rate algorithm keeps it (ITU-T I.371): one time says how full it is. Each token
 * taken moves `tat` one refill further away; a bucket whose `tat` is past is full.
 */
export interface Bucket {
  /** Theoretical arrival time: when the bucket will be full again. Milliseconds since the epoch. */
  tat: number
  /** Tokens promised to orders under way, which the authority has not counted yet. */
  reserved: number
}

export interface Limit {
  /** Tokens in a full bucket. */
  burst: number
  /** How long one token takes to come back: whole milliseconds, so that no token is lost to rounding. */
  refillMs: number
}

export const FULL: Bucket = { tat: 0, reserved: 0 }

/** How many of the first `capacity` tokens are left. Negative when more were taken than that. */
export function tokensLeft({ tat, reserved }: Bucket, { refillMs }: Limit, capacity: number, now: number): number {
  return Math.floor(capacity - Math.max(0, tat - now) / refillMs) - reserved
}

/** When one of the first `capacity` tokens is there to be taken: `now` or later. */
export function tokenAt({ tat, reserved }: Bucket, { refillMs }: Limit, capacity: number, now: number): number {
  return Math.max(now, Math.max(tat, now) + (reserved + 1 - capacity) * refillMs)
}

/** After one token was taken. */
export const taken = (bucket: Bucket, { refillMs }: Limit, now: number): Bucket => ({
  ...bucket,
  tat: Math.max(bucket.tat, now) + refillMs,
})
