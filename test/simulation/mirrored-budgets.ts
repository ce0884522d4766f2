import {
  type Admission,
  type AskedBucket,
  BUCKETS,
  type BucketName,
  type BucketState,
  type LimitAsk,
  UNTOUCHED,
  blockedBy,
  decideAdmission,
  failedOnce,
  released,
  reservationsOf,
  spent,
  succeeded,
} from '@mooring/core'
import { BucketRows } from './bucket-rows.ts'

/**
 * The product's mirror of one authority's limits, as its `Budgets` keeps it in Postgres: every decision is core's, only
 * the rows are kept in arrays here.
 */
export class MirroredBudgets {
  readonly #rows: Record<BucketName, BucketRows>

  constructor({ names, domains }: { names: number; domains: number }) {
    this.#rows = {
      new_orders: new BucketRows(1),
      certificates_of_domain: new BucketRows(domains),
      exact_set: new BucketRows(names),
      failed_validations: new BucketRows(names),
    }
  }

  admit(asks: readonly LimitAsk[], now: number): Admission {
    const asked: AskedBucket[] = asks.map((ask) => ({ ...ask, state: this.#stateOf(ask) }))
    const { admission, states } = decideAdmission(asked, now)
    states.forEach((state, index) => {
      const before = asked[index]
      if (before !== undefined && before.state !== state) this.#write(before, state)
    })
    return admission
  }

  issued(asks: readonly LimitAsk[], now: number): void {
    for (const reservation of reservationsOf(asks)) {
      this.#change(reservation, (state) => spent(state, reservation, now))
    }
    const ask = ofFailures(asks)
    if (this.#stateOf(ask) !== UNTOUCHED) this.#change(ask, succeeded)
  }

  abandoned(asks: readonly LimitAsk[]): void {
    for (const reservation of reservationsOf(asks)) this.#change(reservation, released)
  }

  /** When the name may be ordered again. */
  failed(asks: readonly LimitAsk[], now: number): number {
    const ask = ofFailures(asks)
    this.#change(ask, (state) => failedOnce(state, ask.limit, now))
    return this.#stateOf(ask).blockedUntil
  }

  refused(ask: Pick<LimitAsk, 'bucket' | 'key'>, until: Date): void {
    this.#change(ask, (state) => blockedBy(state, { until }))
  }

  #change(ask: Pick<LimitAsk, 'bucket' | 'key'>, change: (state: BucketState) => BucketState): void {
    this.#write(ask, change(this.#stateOf(ask)))
  }

  #stateOf({ bucket, key }: Pick<LimitAsk, 'bucket' | 'key'>): BucketState {
    return this.#rows[bucket].read(rowOf(bucket, key))
  }

  #write({ bucket, key }: Pick<LimitAsk, 'bucket' | 'key'>, state: BucketState): void {
    this.#rows[bucket].write(rowOf(bucket, key), state)
  }
}

/** Keys are what core makes of a hostname `n12.z34.com`: `z34.com` or the hostname. An authority has one account. */
const rowOf = (bucket: BucketName, key: string): number => (bucket === 'new_orders' ? 0 : Number.parseInt(key.slice(1)))

function ofFailures(asks: readonly LimitAsk[]): LimitAsk {
  const ask = asks[BUCKETS.indexOf('failed_validations')]
  if (ask === undefined) throw new TypeError('an order asks of every bucket')
  return ask
}
