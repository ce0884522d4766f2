/** Time as the business sees it: real in processes, set by hand in tests. Leases use the database's clock instead. */
export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export const after = (from: Date, ms: number): Date => new Date(from.getTime() + ms)
