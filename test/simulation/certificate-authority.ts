import { DAY, HOUR, MINUTE, SECOND } from '@mooring/core'
import { type Allowance, RefillingBuckets } from './refilling-buckets.ts'

/** What an authority allows: see the table of the design's page on certificates. Null is not limited. */
export interface Terms {
  newOrders: Allowance | null
  ofDomain: Allowance | null
  ofExactSet: Allowance | null
  failuresOfName: Allowance | null
  /** Whether it suggests when to renew (RFC 9773). */
  suggestsRenewal: boolean
  lifetimeAt: (now: number) => number
  isAway: (now: number) => boolean
}

/** Let's Encrypt, August 2026: written from its table, so that a mistake in the product's mirror shows here. */
export const LETS_ENCRYPT_ALLOWS = {
  newOrders: { tokens: 300, perMs: 3 * HOUR },
  ofDomain: { tokens: 50, perMs: 7 * DAY },
  ofExactSet: { tokens: 5, perMs: 7 * DAY },
  failuresOfName: { tokens: 5, perMs: 1 * HOUR },
} satisfies Partial<Terms>

const FAILURES_IN_A_ROW = { tokens: 1152, perMs: 1152 * DAY }
const NEW_ORDER_REQUESTS = { tokens: 300, perMs: SECOND }
const NONCE_REQUESTS = { tokens: 20, perMs: SECOND }
const OTHER_REQUESTS_PER_SECOND = 250
/** Authorization and challenge; then two polls, finalize, the chain, and when to renew it. */
const [REQUESTS_TO_VALIDATE, REQUESTS_TO_FINISH] = [2, 5]
/** Each certificate is asked about this often. */
const POLL_MS = 6 * HOUR

const SAME_SET_RENEWS_FOR = 120 * DAY
const BACKDATED_BY = 1 * HOUR
/** Around the moment when a third of the lifetime is left. */
const HALF_A_WINDOW = 1 * DAY

export type Refused =
  | 'new_orders'
  | 'certificates_of_domain'
  | 'exact_set'
  | 'failed_validations'
  | 'paused'
  | 'requests'

export interface Order {
  name: number
  domain: number
  replaces: number | null
  isRenewal: boolean
  isExempt: boolean
}

export interface Issued {
  notBefore: number
  notAfter: number
}

/**
 * A model of a certificate authority that keeps to its own limits and says no. It knows names and registered domains by
 * their numbers, sees nothing of the product's state, and shares no code with its budgets.
 */
export class CertificateAuthority {
  readonly #terms: Terms
  readonly #newOrders: RefillingBuckets | null
  readonly #ofDomain: RefillingBuckets | null
  readonly #ofExactSet: RefillingBuckets | null
  readonly #failures: RefillingBuckets | null
  readonly #inARow: RefillingBuckets | null
  readonly #newOrderRequests = new RefillingBuckets(1, NEW_ORDER_REQUESTS)
  readonly #nonceRequests = new RefillingBuckets(1, NONCE_REQUESTS)
  #otherRequests = new RefillingBuckets(1, { tokens: OTHER_REQUESTS_PER_SECOND, perMs: SECOND })
  readonly #issuedAt: Float64Array
  readonly #windowStart: Float64Array
  readonly #windowEnd: Float64Array
  /** Certificates of a name are numbered; the last one that was replaced. */
  readonly #serial: Uint16Array
  readonly #replaced: Uint16Array

  constructor(terms: Terms, { names, domains }: { names: number; domains: number }) {
    const limited = (keys: number, allowance: Allowance | null) =>
      allowance === null ? null : new RefillingBuckets(keys, allowance)
    this.#terms = terms
    this.#newOrders = limited(1, terms.newOrders)
    this.#ofDomain = limited(domains, terms.ofDomain)
    this.#ofExactSet = limited(names, terms.ofExactSet)
    this.#failures = limited(names, terms.failuresOfName)
    this.#inARow = limited(names, terms.failuresOfName === null ? null : FAILURES_IN_A_ROW)
    this.#issuedAt = new Float64Array(names).fill(Number.NEGATIVE_INFINITY)
    this.#windowStart = new Float64Array(names).fill(Number.NaN)
    this.#windowEnd = new Float64Array(names).fill(Number.NaN)
    this.#serial = new Uint16Array(names)
    this.#replaced = new Uint16Array(names)
  }

  /** An order for one name, which may say that it replaces that name's certificate of this number. */
  newOrder(
    { name, domain, replaces }: { name: number; domain: number; replaces: number | null },
    now: number,
  ): Order | Refused | 'away' {
    if (this.#terms.isAway(now)) return 'away'
    if (!this.#isServed(now)) return 'requests'
    const isRenewal = now - (this.#issuedAt[name] ?? 0) < SAME_SET_RENEWS_FOR
    const isExempt = replaces !== null && this.#isDueReplacement(name, replaces, now)
    if (this.#inARow?.has(name, now) === false) return 'paused'
    if (!isExempt && this.#failures?.has(name, now) === false) return 'failed_validations'
    if (!isExempt && this.#ofExactSet?.has(name, now) === false) return 'exact_set'
    if (!isExempt && !isRenewal) {
      if (this.#ofDomain?.has(domain, now) === false) return 'certificates_of_domain'
      if (this.#newOrders?.has(0, now) === false) return 'new_orders'
      this.#newOrders?.take(0, now)
    }
    return { name, domain, replaces, isRenewal, isExempt }
  }

  /** Looks at the name and, if what it sees is right, issues. */
  finish(order: Order, isDnsRight: boolean, now: number): Issued | 'failed' | 'away' {
    const { name, domain, replaces, isRenewal, isExempt } = order
    if (this.#terms.isAway(now)) return 'away'
    this.#otherRequests.take(0, now, REQUESTS_TO_FINISH)
    if (!isDnsRight) {
      this.#failures?.take(name, now)
      this.#inARow?.take(name, now)
      return 'failed'
    }
    this.#inARow?.refill(name)
    if (!isExempt) {
      this.#ofExactSet?.take(name, now)
      if (!isRenewal) this.#ofDomain?.take(domain, now)
    }
    if (replaces !== null) this.#replaced[name] = replaces
    return this.#issue(name, now)
  }

  /** Of the name's last certificate. */
  serialOf(name: number): number {
    return this.#serial[name] ?? 0
  }

  /** When it wants the name's certificate renewed; null when it does not say such things. */
  windowOf(name: number): { start: Date; end: Date } | null {
    const start = this.#windowStart[name] ?? Number.NaN
    if (Number.isNaN(start)) return null
    return { start: new Date(start), end: new Date(this.#windowEnd[name] ?? start) }
  }

  /** The certificate must go: the window that it tells from now on is over already, as Boulder's is. */
  wantsReplaced(name: number, now: number): void {
    this.#windowStart[name] = now - 1 * HOUR
    this.#windowEnd[name] = now - 30 * MINUTE
  }

  /** A process that begins has no nonce yet; later ones come with every answer. */
  newNonce(now: number): Refused | null {
    if (!this.#nonceRequests.has(0, now)) return 'requests'
    this.#nonceRequests.take(0, now)
    return null
  }

  /** What asks about renewal, all day, is taken off what else may be asked. */
  isPolledFor(certificates: number): void {
    const polls = this.#terms.suggestsRenewal ? (certificates * SECOND) / POLL_MS : 0
    const tokens = Math.max(1, OTHER_REQUESTS_PER_SECOND - polls)
    this.#otherRequests = new RefillingBuckets(1, { tokens, perMs: SECOND })
  }

  /** How much of the account's orders is used up, 0 to 1. */
  ordersUsed(now: number): number {
    const buckets = this.#newOrders
    return buckets === null ? 0 : 1 - buckets.level(0, now) / buckets.allowance.tokens
  }

  #isServed(now: number): boolean {
    if (!this.#newOrderRequests.has(0, now) || !this.#otherRequests.has(0, now)) return false
    this.#newOrderRequests.take(0, now)
    this.#otherRequests.take(0, now, REQUESTS_TO_VALIDATE)
    return true
  }

  /** Inside the window, of the certificate in question, and not used before. */
  #isDueReplacement(name: number, replaces: number, now: number): boolean {
    const isCurrent = replaces === this.#serial[name] && replaces !== this.#replaced[name]
    return isCurrent && now >= (this.#windowStart[name] ?? 0) && now < (this.#windowEnd[name] ?? 0)
  }

  #issue(name: number, now: number): Issued {
    const notBefore = now - BACKDATED_BY
    const lifetime = this.#terms.lifetimeAt(now)
    this.#issuedAt[name] = now
    this.#serial[name] = this.serialOf(name) + 1
    if (this.#terms.suggestsRenewal) {
      const middle = notBefore + (lifetime * 2) / 3
      this.#windowStart[name] = middle - HALF_A_WINDOW
      this.#windowEnd[name] = middle + HALF_A_WINDOW
    }
    return { notBefore, notAfter: notBefore + lifetime }
  }
}
