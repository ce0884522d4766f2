import type { DnsFindings, Suspension, Verification } from '../domain/domain.ts'
import type { Reason } from '../reasons.ts'
import type { StepName } from './states.ts'

/**
 * What a step came to. The engine alone turns it into a transition:
 *
 * - `done`    go on to the next step: under the same lease, or after `pause` when the world has to follow first
 * - `wait`    the world is not ready; no attempt is counted; look again at `until`, or when somebody asks if that is null
 * - `retry`   something broke; the attempt counts, backoff with jitter, not before `notBefore`
 * - `failed`  a person must act
 */
export type Outcome =
  | { kind: 'done'; changes: Changes; pause: Pause | null; goTo: StepName | typeof REST | null }
  | { kind: 'wait'; until: Date | null; because: Reason; changes: Changes }
  | { kind: 'retry'; because: Reason; notBefore: Date | null; backTo: BackTo }
  | { kind: 'failed'; because: Reason; backTo: BackTo }

/** The next step is due at `until`, or as soon as somebody wakes the domain; `because` says what it waits for. */
export interface Pause {
  until: Date
  because: Reason
}

/** The order is lost (invalid, expired, refused): the next try begins with a new one. */
export type BackTo = 'order_certificate' | null

/** In place of a step: an active domain rests until one of its clocks comes round. */
export const REST = 'rest'

/** Facts and decisions that are written with the outcome, in the same statement. */
export interface Changes {
  /** Facts: kept even when a newer intent overruled the outcome. */
  dns?: DnsFindings
  looks?: number
  ownershipVerifiedAt?: Date
  routingVerifiedAt?: Date
  /** Null: the proof was found again. */
  ownershipMissedAt?: Date | null
  /** Decisions: written only when the outcome stands. */
  route?: RouteIntent
  activatedAt?: Date
  deleteAfter?: Date
  verification?: Verification
  suspension?: Suspension | null
  /** The clock of the certificate, and what holds the renewal up. */
  renewal?: RenewalPlan
  /** The claim proved the hostname: it holds it from now on, and whoever held it lets go. */
  takesHostname?: true
  /** The claim lets the hostname go. */
  releasesHostname?: true
  /** Told besides the change of state. */
  events?: { type: string; data?: Record<string, unknown> }[]
}

export interface RenewalPlan {
  /** See `Domain.renewAt`. */
  at: Date | null
  attempt: number
  because: Reason | null
}

/**
 * What the edges shall do with the name from now on; becomes a route with a new generation of its pool. `holding` shows
 * a page that says no more than that the site is away, over HTTPS when there is a certificate.
 */
export type RouteIntent = 'http' | 'https' | 'holding' | 'removed'

export const done = (changes: Changes = {}, pause: Pause | null = null): Outcome => ({
  kind: 'done',
  changes,
  pause,
  goTo: null,
})

/** Done, and the way leads out of the step's list, to a step that it names in `leadsTo`. */
export const doneTo = (goTo: StepName, changes: Changes = {}): Outcome => ({ kind: 'done', changes, pause: null, goTo })

/** Done for this time, and the domain is active: nothing follows until a clock of its comes round. */
export const rest = (changes: Changes = {}): Outcome => ({ kind: 'done', changes, pause: null, goTo: REST })

export const wait = (until: Date | null, because: Reason, changes: Changes = {}): Outcome => ({
  kind: 'wait',
  until,
  because,
  changes,
})

export const retry = (because: Reason, notBefore: Date | null = null): Outcome => ({
  kind: 'retry',
  because,
  notBefore,
  backTo: null,
})

export const retryWithNewOrder = (because: Reason, notBefore: Date | null = null): Outcome => ({
  kind: 'retry',
  because,
  notBefore,
  backTo: 'order_certificate',
})

export const failed = (because: Reason, backTo: BackTo = null): Outcome => ({ kind: 'failed', because, backTo })
