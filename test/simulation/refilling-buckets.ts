/** So many in such a time, as a certificate authority's page says it: 300 per 3 hours. */
export interface Allowance {
  tokens: number
  perMs: number
}

/** A millionth of a token that is missing is the arithmetic's fault and not the caller's. */
const ROUNDING = 1e-6

/**
 * The authority's own buckets, one per key: a level that rises with time, and falls with every token that is taken. Kept
 * apart on purpose from the product's way of counting, which knows no levels.
 */
export class RefillingBuckets {
  readonly allowance: Allowance
  readonly #level: Float64Array
  readonly #since: Float64Array

  constructor(keys: number, allowance: Allowance) {
    this.allowance = allowance
    this.#level = new Float64Array(keys).fill(allowance.tokens)
    this.#since = new Float64Array(keys)
  }

  level(key: number, now: number): number {
    const { tokens, perMs } = this.allowance
    const risen = ((now - (this.#since[key] ?? 0)) * tokens) / perMs
    return Math.min(tokens, (this.#level[key] ?? 0) + risen)
  }

  has(key: number, now: number): boolean {
    return this.level(key, now) >= 1 - ROUNDING
  }

  /** Never below empty: what the authority does not refuse cannot be owed. */
  take(key: number, now: number, count = 1): void {
    this.#level[key] = Math.max(0, this.level(key, now) - count)
    this.#since[key] = now
  }

  refill(key: number): void {
    this.#level[key] = this.allowance.tokens
  }
}
