import { DAY, type OrderKind, SECOND, type Urgency } from '@mooring/core'
import type { Refused } from './certificate-authority.ts'

/** What is counted while the year goes by. */
export interface Tally {
  launches: {
    initial: Durations
    later: Durations
    /** Names that waited for the limit of their registered domain. */
    crowded: Durations
  }
  expired: { dnsRight: number; dnsWrong: number }
  revokedInUse: number
  refusals: Partial<Record<Refused, number>>
  renewals: Record<Urgency, number>
  orders: {
    placed: number
    issued: number
    failed: number
    byKind: Record<OrderKind, number>
    /** Replacements that the authority did not exempt, because their window was over. */
    counted: number
    fallback: number
  }
  /** Launches that failed for good: their DNS was wrong too long, or too often. */
  gaveUp: number
  /** Names whose DNS is right that wait for their first certificate when the time is over. */
  waiting: number
  peak: { orders: Peak; wakeUps: Peak; waiting: number }
  /** One number a day. */
  daily: Daily
}

interface Daily {
  orders: Float64Array
  fallbackOrders: Float64Array
  /** The day's highest use of an account's orders, 0 to 1. */
  used: Float64Array
  fallbackUsed: Float64Array
  /** Certificates with so many days left, one row a band of `DAYS_LEFT`. */
  left: Float64Array[]
}

/** Bands of what is left of a certificate: from so many days on, up to the next. */
export const DAYS_LEFT = [0, 7, 15, 30, 60] as const

export function newTally(days: number, names: number): Tally {
  const series = () => new Float64Array(days)
  return {
    launches: { initial: new Durations(names), later: new Durations(names), crowded: new Durations(names) },
    expired: { dnsRight: 0, dnsWrong: 0 },
    revokedInUse: 0,
    refusals: {},
    renewals: { due: 0, late: 0, urgent: 0, expired: 0 },
    orders: {
      placed: 0,
      failed: 0,
      issued: 0,
      byKind: { new: 0, renewal: 0, renewal_anew: 0, ari: 0 },
      counted: 0,
      fallback: 0,
    },
    gaveUp: 0,
    waiting: 0,
    peak: { orders: new Peak(SECOND), wakeUps: new Peak(SECOND), waiting: 0 },
    daily: {
      orders: series(),
      fallbackOrders: series(),
      used: series(),
      fallbackUsed: series(),
      left: DAYS_LEFT.map(series),
    },
  }
}

/** The most that ever fell into one span of time. Time goes forward. */
class Peak {
  readonly #spanMs: number
  #span = 0
  #count = 0
  most = 0

  constructor(spanMs: number) {
    this.#spanMs = spanMs
  }

  add(now: number): void {
    const span = Math.floor(now / this.#spanMs)
    if (span !== this.#span) {
      this.#span = span
      this.#count = 0
    }
    this.#count += 1
    if (this.#count > this.most) this.most = this.#count
  }
}

/** How long something took, in milliseconds, as often as it happened. */
export class Durations {
  readonly #values: Float64Array
  #sorted: Float64Array | null = null
  count = 0

  constructor(most: number) {
    this.#values = new Float64Array(most)
  }

  add(ms: number): void {
    this.#values[this.count] = ms
    this.count += 1
    this.#sorted = null
  }

  /** `share` in [0, 1]; NaN when nothing happened. */
  quantile(share: number): number {
    this.#sorted ??= this.#values.slice(0, this.count).sort()
    return this.#sorted[Math.min(this.count - 1, Math.floor(share * this.count))] ?? Number.NaN
  }
}

export const dayOf = (now: number): number => Math.floor(now / DAY)
