import {
  type Authority,
  type AuthorityHealth,
  HEALTHY,
  afterFailure,
  backAfterProbe,
  beginProbe,
  eligible,
  isDown,
} from '@mooring/core'

/** How every authority fares, as the product's `AuthorityWatch` keeps it: `ca_health` in memory. */
export class AuthoritiesWatched {
  readonly #authorities: readonly Authority[]
  readonly #health = new Map<string, AuthorityHealth>()

  constructor(authorities: readonly Authority[]) {
    this.#authorities = authorities
  }

  /** Those an order may go to now; one that this caller may probe counts as up, as in `issuance/authorities-up.ts`. */
  eligibleNow(left: number | null, now: number): Authority[] {
    return eligible(this.#authorities, { healthOf: (ca) => this.#healthFor(ca, now), left })
  }

  /** When somebody comes back who found none. */
  backAt(left: number | null, { now, random }: { now: number; random: number }): number {
    const [preferred] = this.#authorities
    const health = this.#health.get(preferred?.name ?? '') ?? HEALTHY
    return backAfterProbe(health, new Date(now), left, random).getTime()
  }

  failed(ca: string, now: number): void {
    this.#health.set(ca, afterFailure(this.#health.get(ca) ?? HEALTHY, new Date(now)))
  }

  answered(ca: string): void {
    if (this.#health.get(ca) !== HEALTHY) this.#health.set(ca, HEALTHY)
  }

  #healthFor(ca: string, now: number): AuthorityHealth {
    const health = this.#health.get(ca) ?? HEALTHY
    if (!isDown(health)) return health
    const probing = beginProbe(health, new Date(now))
    if (probing === null) return health
    this.#health.set(ca, probing)
    return HEALTHY
  }
}
