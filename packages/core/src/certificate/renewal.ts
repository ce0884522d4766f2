import { DAY, HOUR } from '../clock.ts'

const SHORT_LIVED_MS = 10 * DAY
/** Backstops of one day's issuance are drawn from this share of the lifetime before it: they come due over days. */
const SPREAD = 0.05
/** An authority's advice to wait is not followed below this share of the lifetime. */
const LAST_SHARE = 1 / 20
/** Nor is its advice to renew what was issued a moment ago: a window that stays in the past would have no end. */
const SOONEST_MS = 6 * HOUR

/** Not before and not after, of a certificate. */
export interface Validity {
  notBefore: Date
  notAfter: Date
}

/** When the authority suggests to renew (RFC 9773 §4.2). */
export interface RenewalWindow {
  start: Date
  end: Date
}

const lifetimeOf = ({ notBefore, notAfter }: Validity): number => notAfter.getTime() - notBefore.getTime()

/**
 * When a certificate is renewed if the authority says nothing else: at two thirds of its lifetime, at half of it when it
 * lives less than ten days (Let's Encrypt's advice), or a little earlier by `random` in [0, 1). A share and no fixed number
 * of days, because lifetimes keep shrinking.
 */
export function renewAtOf(notBefore: Date, notAfter: Date, random = 0): Date {
  const lifetime = lifetimeOf({ notBefore, notAfter })
  const share = (lifetime < SHORT_LIVED_MS ? 1 / 2 : 2 / 3) - random * SPREAD
  return new Date(notBefore.getTime() + Math.floor(lifetime * share))
}

/**
 * One instant of the window, drawn once and kept (RFC 9773 §4.2), however late the authority wants it: below a twentieth
 * of the lifetime its advice is not followed. A window that is no window counts as none was given.
 */
export function renewAtWithin(window: RenewalWindow, validity: Validity, random: number): Date {
  const { start, end } = window
  const drawn = start.getTime() + Math.max(0, end.getTime() - start.getTime()) * random
  const lifetime = lifetimeOf(validity)
  const soonest = validity.notBefore.getTime() + Math.min(SOONEST_MS, lifetime * LAST_SHARE)
  const latest = validity.notAfter.getTime() - lifetime * LAST_SHARE
  return new Date(Math.floor(Math.min(Math.max(drawn, soonest), latest)))
}

/** What is left of the lifetime, as a share of it: 1 when it begins, 0 when it is over. */
export const shareLeft = (validity: Validity, now: Date): number =>
  Math.max(0, (validity.notAfter.getTime() - now.getTime()) / lifetimeOf(validity))

/** When so much of the lifetime is left. */
export const momentAtShare = (validity: Validity, share: number): Date =>
  new Date(validity.notAfter.getTime() - lifetimeOf(validity) * share)

/** Below this share, another authority may renew what the first one does not. */
export const FALLBACK_SHARE = 1 / 4
/** Below this share, people are told with urgency. */
export const PAGE_SHARE = 1 / 10

/**
 * How urgent a renewal that is due has become. Each level is told once, to operators, whatever holds the renewal up.
 */
export type Urgency = 'due' | 'late' | 'urgent' | 'expired'

export function urgencyOf(validity: Validity, now: Date): Urgency {
  const left = shareLeft(validity, now)
  if (left === 0) return 'expired'
  if (left <= PAGE_SHARE) return 'urgent'
  return left <= FALLBACK_SHARE ? 'late' : 'due'
}
