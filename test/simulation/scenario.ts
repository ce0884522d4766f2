import { DAY, HOUR, type Limits, MINUTE } from '@mooring/core'
import { LETS_ENCRYPT_ALLOWS, type Terms } from './certificate-authority.ts'
import type { Allowance } from './refilling-buckets.ts'

/** What happens in the simulated time. Times are milliseconds since its beginning. */
export interface Scenario {
  domains: number
  days: number
  seed: number
  /** What the account was granted; the rest is Let's Encrypt's table. */
  granted: Limits
  /** What the product was told that it was granted: the same, unless somebody told it wrong. */
  believed: Limits
  /** The platform posts its names so fast in the beginning. */
  postedPerSecond: number
  /** Names added and names leaving, each day, as a share of the names in the beginning. */
  churnPerDay: number
  /** Of all names, how many have wrong DNS at some time. */
  brokenShare: number
  outage: { start: number; end: number }
  /** Certificates issued from `from` on live so long. */
  lifetimes: { from: number; lifetimeMs: number }[]
  /** At `at`, the authority wants this share of its certificates replaced, and revokes those that were not by `revokedAt`. */
  massRevocation: { at: number; share: number; revokedAt: number }
  fleet: { workers: number; ordersAtOnce: number }
  /** From the placed order to the chain, uniformly. */
  orderTakesMs: [number, number]
}

/** The second authority, with limits of its own. */
const FALLBACK_ORDERS = { tokens: 1000, perMs: 3 * HOUR }
export const FALLBACK_LIMITS: Limits = { new_orders: { burst: 1000, refillMs: 10_800 } }

/** How long a wrong record stays wrong that somebody mends, in the mean. */
export const MENDED_AFTER = 10 * DAY

export function scenarioOf({
  domains,
  days,
  seed,
  granted,
}: Pick<Scenario, 'domains' | 'days' | 'seed' | 'granted'>): Scenario {
  const on = (share: number) => Math.floor(days * share) * DAY
  return {
    domains,
    days,
    seed,
    granted,
    believed: granted,
    postedPerSecond: 300,
    churnPerDay: 0.001,
    brokenShare: 0.02,
    massRevocation: { at: on(0.28) + 9 * HOUR, share: 0.3, revokedAt: on(0.28) + 9 * HOUR + 5 * DAY },
    lifetimes: [
      { from: 0, lifetimeMs: 90 * DAY },
      { from: on(0.45), lifetimeMs: 64 * DAY },
      { from: on(0.65), lifetimeMs: 45 * DAY },
    ],
    outage: { start: on(0.8) + 14 * HOUR, end: on(0.8) + 14 * HOUR + 3 * DAY },
    fleet: { workers: 8, ordersAtOnce: 8 },
    orderTakesMs: [2000, 6000],
  }
}

/** Let's Encrypt as of the scenario: its own table with the override it granted, its outage, its lifetimes. */
export function preferredTerms({ granted, outage, lifetimes }: Scenario): Terms {
  const allowanceOf = ({ burst, refillMs }: { burst: number; refillMs: number }): Allowance => ({
    tokens: burst,
    perMs: burst * refillMs,
  })
  const { new_orders, certificates_of_domain, exact_set, failed_validations } = granted
  return {
    newOrders: new_orders === undefined ? LETS_ENCRYPT_ALLOWS.newOrders : allowanceOf(new_orders),
    ofDomain: certificates_of_domain === undefined ? LETS_ENCRYPT_ALLOWS.ofDomain : allowanceOf(certificates_of_domain),
    ofExactSet: exact_set === undefined ? LETS_ENCRYPT_ALLOWS.ofExactSet : allowanceOf(exact_set),
    failuresOfName:
      failed_validations === undefined ? LETS_ENCRYPT_ALLOWS.failuresOfName : allowanceOf(failed_validations),
    suggestsRenewal: true,
    lifetimeAt: (now) => lifetimes.findLast(({ from }) => from <= now)?.lifetimeMs ?? 90 * DAY,
    isAway: (now) => now >= outage.start && now < outage.end,
  }
}

export const FALLBACK_TERMS: Terms = {
  newOrders: FALLBACK_ORDERS,
  ofDomain: null,
  ofExactSet: null,
  failuresOfName: null,
  suggestsRenewal: false,
  lifetimeAt: () => 90 * DAY,
  isAway: () => false,
}

/** How long the product looks for a new name's records before it gives up. */
export const PROOF_EXPIRES_AFTER = 7 * DAY
/** How often the product looks at an active name whose DNS does not lead here any more. */
export const LOOK_AGAIN_MS = 6 * HOUR
/** How often a certificate's window is asked for. */
export const POLL_MS = 6 * HOUR
/** Claims within a launch before it waits for a person. */
export const MAX_ATTEMPTS = 12
/** From a due time to the worker that takes it up. */
export const PICKED_UP_WITHIN = MINUTE / 60
