import {
  type Authority,
  type BucketName,
  FALLBACK_SHARE,
  type LimitAsk,
  type Limits,
  type OrderKind,
  type Refusal,
  UNTOLD_WAIT_MS,
  after,
  asksOf,
  nextRetry,
  orderKindOf,
  shareLeft,
} from '@mooring/core'
import { AuthoritiesWatched } from './authorities-watched.ts'
import type { CertificateAuthority, Issued, Order, Refused } from './certificate-authority.ts'
import { MirroredBudgets } from './mirrored-budgets.ts'
import type { Names } from './names.ts'

/** An authority as the product knows it, and as it is. */
export interface CaInUse {
  name: string
  /** What the product takes its limits to be. */
  limits: Limits
  model: CertificateAuthority
}

interface UnderWay {
  ca: number
  kind: OrderKind
  asks: LimitAsk[]
  order: Order
}

export type Placed =
  /** `isCounted`: it was to be exempt as a replacement, and the authority counts it all the same. */
  | { kind: 'placed'; ca: number; orderKind: OrderKind; isCounted: boolean }
  /** `by` is the bucket that lacks a token; null when no authority may be asked. */
  | { kind: 'waits'; until: number; by: BucketName | null }
  | { kind: 'refused'; ca: number; by: Refused; until: number }

export type Finished =
  | { kind: 'issued'; ca: number; orderKind: OrderKind; issued: Issued; window: { start: Date; end: Date } | null }
  /** `by` says who: the authority was away, or it did not find what it wanted. */
  | { kind: 'again'; by: 'outage' | 'validation'; until: number }

/**
 * Orders as the product places them (core's `issuance/place-order.ts`) and what it learns from their end
 * (`learn-from-problem.ts`), without the rows, keys and requests between. Budgets, health and eligibility are core's.
 */
export class Orders {
  readonly #cas: readonly CaInUse[]
  readonly #authorities: readonly Authority[]
  readonly #budgets: readonly MirroredBudgets[]
  readonly #watched: AuthoritiesWatched
  readonly #underWay = new Map<number, UnderWay>()
  readonly #names: Names
  readonly #random: () => number

  constructor(cas: readonly CaInUse[], names: Names, random: () => number) {
    this.#cas = cas
    this.#names = names
    this.#random = random
    // Nothing here calls an account's methods: the orders go to the models.
    this.#authorities = cas.map(({ name, limits }) => ({ name, limits, accounts: [] }))
    this.#budgets = cas.map(() => new MirroredBudgets({ names: names.count, domains: names.domains }))
    this.#watched = new AuthoritiesWatched(this.#authorities)
  }

  get underWay(): number {
    return this.#underWay.size
  }

  has(name: number): boolean {
    return this.#underWay.has(name)
  }

  place(name: number, now: number): Placed {
    const left = this.#names.hasCertificate(name) ? shareLeft(this.#names.validityOf(name), new Date(now)) : null
    let refusal: Refusal | null = null
    let isAway = false
    for (const authority of this.#watched.eligibleNow(left, now)) {
      const ca = this.#authorities.indexOf(authority)
      const kind = this.#kindOf(name, ca, now)
      const asks = this.#asks(name, ca, kind)
      const admission = this.#budgets[ca]?.admit(asks, now) ?? NO_BUDGETS
      if (admission.kind === 'admitted') {
        const placed = this.#order(name, { ca, kind, asks }, now)
        if (placed !== 'away') return placed
        isAway = true
        continue
      }
      refusal ??= admission
      // A name with time enough waits for its turn: another authority has limits, too.
      if (left === null || left >= FALLBACK_SHARE) break
    }
    if (refusal !== null) {
      const until = refusal.kind === 'paused' ? Number.POSITIVE_INFINITY : refusal.until
      return { kind: 'waits', until, by: refusal.bucket }
    }
    const until = isAway ? this.#retryAt(name, now) : this.#watched.backAt(left, { now, random: this.#random() })
    return { kind: 'waits', until, by: null }
  }

  /** The authority looked at the name: what it says of the order under way. */
  finish(name: number, now: number): Finished {
    const underWay = this.#underWay.get(name)
    if (underWay === undefined) throw new TypeError(`no order is under way for name ${name}`)
    this.#underWay.delete(name)
    const { ca, kind, asks, order } = underWay
    const { name: caName, model } = this.#ca(ca)
    const budgets = this.#budgets[ca]
    const answer = model.finish(order, this.#names.isDnsRight(name, now), now)
    if (answer === 'away') {
      this.#watched.failed(caName, now)
      budgets?.abandoned(asks)
      return { kind: 'again', by: 'outage', until: this.#retryAt(name, now) }
    }
    this.#watched.answered(caName)
    if (answer === 'failed') {
      budgets?.abandoned(asks)
      // Failures count for the name whatever the order was exempt from.
      const until = budgets?.failed(this.#asks(name, ca, 'new'), now) ?? now
      return { kind: 'again', by: 'validation', until }
    }
    budgets?.issued(asks, now)
    return { kind: 'issued', ca, orderKind: kind, issued: answer, window: model.windowOf(name) }
  }

  #order(name: number, need: { ca: number; kind: OrderKind; asks: LimitAsk[] }, now: number): Placed | 'away' {
    const { ca, kind, asks } = need
    const { name: caName, model } = this.#ca(ca)
    const replaces = kind === 'ari' ? model.serialOf(name) : null
    const order = model.newOrder({ name, domain: this.#names.domain[name] ?? 0, replaces }, now)
    if (order === 'away') {
      this.#watched.failed(caName, now)
      this.#budgets[ca]?.abandoned(asks)
      return 'away'
    }
    this.#watched.answered(caName)
    if (typeof order === 'string') return this.#learn(order, need, now)
    this.#underWay.set(name, { ca, kind, asks, order })
    return { kind: 'placed', ca, orderKind: kind, isCounted: kind === 'ari' && !order.isExempt }
  }

  /** The authority refused what the mirror let through: nobody asks for that before an hour has passed. */
  #learn(by: Refused, { ca, asks }: { ca: number; asks: LimitAsk[] }, now: number): Placed {
    const until = after(new Date(now), UNTOLD_WAIT_MS)
    const ask = asks.find(({ bucket }) => bucket === by)
    this.#budgets[ca]?.abandoned(asks)
    if (ask !== undefined) this.#budgets[ca]?.refused(ask, until)
    return { kind: 'refused', ca, by, until: until.getTime() }
  }

  #asks(name: number, ca: number, kind: OrderKind): LimitAsk[] {
    const { name: account, limits } = this.#ca(ca)
    return asksOf({ account, hostname: this.#names.hostnameOf(name), kind }, limits)
  }

  /** As `kindOf` of `place-order.ts` has it. */
  #kindOf(name: number, ca: number, now: number): OrderKind {
    const at = new Date(now)
    if (!this.#names.hasCertificate(name)) return orderKindOf(null, at)
    const from = this.#names.ca[name] === ca ? 'same_account' : 'elsewhere'
    const notBefore = new Date(this.#names.notBefore[name] ?? 0)
    return orderKindOf({ from, notBefore, window: this.#ca(ca).model.windowOf(name) }, at)
  }

  #retryAt(name: number, now: number): number {
    const attempt = Math.max(1, this.#names.attempts[name] ?? 1)
    return nextRetry(attempt, new Date(now), null, this.#random).getTime()
  }

  #ca(index: number): CaInUse {
    const ca = this.#cas[index]
    if (ca === undefined) throw new TypeError(`there is no authority ${index}`)
    return ca
  }
}

const NO_BUDGETS = { kind: 'admitted' } as const
