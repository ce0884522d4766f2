import {
  type Authority,
  type AuthorityHealth,
  HEALTHY,
  type Standing,
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

  /** Those an order may go to now, as in `issuance/authorities-up.ts`. */
  eligibleNow(left: number | null, now: number): Authority[] {
    const known = new Map(this.#authorities.map(({ name }) => [name, this.#standingOf(name, now)]))
    return eligible(this.#authorities, { standingOf: (ca) => known.get(ca) ?? UP, left })
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

  #standingOf(ca: string, now: number): Standing {
    const health = this.#health.get(ca) ?? HEALTHY
    const probing = isDown(health) ? beginProbe(health, new Date(now)) : null
    if (probing !== null) this.#health.set(ca, probing)
    return { health, isProbed: probing !== null }
  }
}

const UP: Standing = { health: HEALTHY, isProbed: false }
