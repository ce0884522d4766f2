import { parse as parsePublicSuffix } from 'tldts'
import { DAY, HOUR, MINUTE, SECOND } from '../clock.ts'
import { type Hostname, baseOf } from '../domain/hostname.ts'
import type { Limit } from './gcra.ts'
import type { RenewalWindow } from './renewal.ts'

/**
 * What certificate authorities limit. `failed_validations` is kept for every authority: it is the ledger of failures of a
 * name, too.
 *
 * - `new_orders`              of an account
 * - `certificates_of_domain`  of a registrable domain, over all accounts
 * - `exact_set`               of one set of names, over all accounts; a certificate of ours has one name
 * - `failed_validations`      of a name
 */
export const BUCKETS = ['new_orders', 'certificates_of_domain', 'exact_set', 'failed_validations'] as const
export type BucketName = (typeof BUCKETS)[number]

/** A bucket that is left out is not limited, until the authority says otherwise. */
export type Limits = Partial<Record<BucketName, Limit>>

/** https://letsencrypt.org/docs/rate-limits/, August 2026. */
export const LETS_ENCRYPT: Limits = {
  new_orders: { burst: 300, refillMs: 36 * SECOND },
  certificates_of_domain: { burst: 50, refillMs: (7 * DAY) / 50 },
  exact_set: { burst: 5, refillMs: (7 * DAY) / 5 },
  failed_validations: { burst: 5, refillMs: 12 * MINUTE },
}

const LETS_ENCRYPT_HOSTS = /(^|\.)api\.letsencrypt\.org$/

/** What the directory's authority is known to limit; `overrides` are what an operator was granted, or knows better. */
export function limitsOf(directoryUrl: string, overrides: Limits = {}): Limits {
  const known = LETS_ENCRYPT_HOSTS.test(new URL(directoryUrl).hostname) ? LETS_ENCRYPT : {}
  return { ...known, ...overrides }
}

/**
 * How an order counts at the authority:
 *
 * - `new`           the first certificate of the name, or the first for long: everything counts
 * - `renewal`       the same names as a certificate of the last 120 days: exempt from `new_orders` and `certificates_of_domain`
 * - `renewal_anew`  a renewal at another authority than before, or after longer: everything counts, and it comes before launches
 * - `ari`           inside the window that the authority suggested, and says what it replaces (RFC 9773 §5): exempt from all
 */
export type OrderKind = 'new' | 'renewal' | 'renewal_anew' | 'ari'

/** https://letsencrypt.org/docs/rate-limits/: how long the same names again are a renewal. */
const RENEWAL_COUNTS_FOR_MS = 120 * DAY

/** What an order's certificate replaces. */
export interface Replaced {
  /** Where the order goes, compared with where the certificate is from. */
  from: 'same_account' | 'same_authority' | 'elsewhere'
  notBefore: Date
  /** The one that the authority suggested (RFC 9773). */
  window: RenewalWindow | null
}

/** How an order counts; null replaces nothing. Only inside its window is a renewal exempt from everything. */
export function orderKindOf(replaced: Replaced | null, now: Date): OrderKind {
  if (replaced === null) return 'new'
  const { from, notBefore, window } = replaced
  if (from === 'elsewhere') return 'renewal_anew'
  if (from === 'same_account' && window !== null && window.start <= now && now < window.end) return 'ari'
  return now.getTime() - notBefore.getTime() < RENEWAL_COUNTS_FOR_MS ? 'renewal' : 'renewal_anew'
}

/** One bucket an order needs a token of. */
export interface LimitAsk {
  bucket: BucketName
  key: string
  /** Null: nothing is known but what the authority says, such as a Retry-After. */
  limit: Limit | null
  /** How many of a full bucket's tokens an order of this kind may take. */
  capacity: number
  /** When the authority takes its token. */
  spends: 'at_order' | 'at_issuance' | 'at_failure'
}

/**
 * Never the last fifth, which is for what we do not know of. Launches stop earlier than renewals: while they fill their
 * share as fast as it comes back, there is always a token for a renewal.
 */
const SHARE = { new: 0.7, renewal: 0.8, renewal_anew: 0.8, ari: 0.8 } satisfies Record<OrderKind, number>

const EXEMPT: Record<OrderKind, readonly BucketName[]> = {
  new: [],
  renewal: ['new_orders', 'certificates_of_domain'],
  renewal_anew: [],
  ari: ['new_orders', 'certificates_of_domain', 'exact_set'],
}

/** How many of a full bucket's tokens an order of this kind may take; null where the authority does not count it. */
export const capacityFor = (bucket: BucketName, kind: OrderKind, { burst }: Limit): number | null =>
  EXEMPT[kind].includes(bucket) ? null : Math.max(1, Math.floor(burst * SHARE[kind]))

/** Everything an order takes of its authority's limits, always in the order of `BUCKETS`. */
export function asksOf(
  { account, hostname, kind }: { account: string; hostname: Hostname; kind: OrderKind },
  limits: Limits,
): LimitAsk[] {
  const keys: Record<BucketName, { key: string; spends: LimitAsk['spends'] }> = {
    new_orders: { key: account, spends: 'at_order' },
    certificates_of_domain: { key: registeredDomain(hostname), spends: 'at_issuance' },
    exact_set: { key: hostname, spends: 'at_issuance' },
    failed_validations: { key: hostname, spends: 'at_failure' },
  }
  return BUCKETS.map((bucket) => {
    const known = limits[bucket] ?? null
    const capacity = known === null ? null : capacityFor(bucket, kind, known)
    return { bucket, ...keys[bucket], limit: capacity === null ? null : known, capacity: capacity ?? 0 }
  })
}

/** As Let's Encrypt counts them: entries of the public suffix list's private part are suffixes as well. */
export const registeredDomain = (hostname: Hostname): string =>
  parsePublicSuffix(baseOf(hostname), { allowPrivateDomains: true }).domain ?? baseOf(hostname)

/** How long a failed validation keeps its name from the next order. */
const AFTER_FAILURE_MS = [1 * MINUTE, 10 * MINUTE, 100 * MINUTE]

/** `failures` of the name in a row, this one included. At most three within an hour, whoever asks; from the fourth on, one a day. */
export const afterFailureMs = (failures: number): number => AFTER_FAILURE_MS[Math.max(1, failures) - 1] ?? DAY

/** A wait whose end nobody told. */
export const UNTOLD_WAIT_MS = 1 * HOUR
