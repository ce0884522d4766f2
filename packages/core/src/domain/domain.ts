import type { Reason } from '../reasons.ts'
import type { State, StepName } from '../lifecycle/states.ts'
import type { Hostname } from './hostname.ts'
import type { Target } from './target.ts'

/** A hostname on its way through the state machine: one row of `domains`. */
export interface Domain {
  /** `dom_` and a UUIDv7. */
  id: string
  hostname: Hostname
  tenant: string
  state: State
  /** The step that runs next, or that failed. */
  step: StepName
  /** Why the domain waits or failed; null while it moves. */
  reason: Reason | null
  /** Claims spent in the present state; a `wait` gives its claim back. */
  attempt: number
  /** Looks at the customer's DNS so far: the progressive schedule grows with it. */
  looks: number
  /** Raised by every intent (check, change, delete, an edge's report); a worker with an older one may not decide. */
  gen: number
  lane: Lane
  nextRunAt: Date | null
  target: Target
  verification: Verification
  tls: Tls
  edgePool: string
  dns: DnsFindings
  /** The certificate the routes use, or that is being obtained. */
  certificateId: string | null
  /** When an active domain's ownership is proved again. */
  reverifyAt: Date | null
  /** When there is something to do for the certificate: to ask about its renewal, or to renew it. Null: nothing. */
  renewAt: Date | null
  /** Failures of the renewal under way, which is retried for ever. */
  renewalAttempt: number
  /** What holds the renewal up; null while nothing does. */
  renewalReason: Reason | null
  /** Whether this claim holds the hostname: it proved it, and nobody proved it later. */
  holds: boolean
  /** The domain that holds the route of this hostname until ours is published; null when nobody does. */
  takesOverFrom: string | null
  suspension: Suspension | null
  /** When the proof of an active or leaving domain was first missed; null while it is found. */
  ownershipMissedAt: Date | null
  /** Generation of the pool at which this domain's route last changed; null when it never had one. */
  routeGeneration: number | null
  metadata: Record<string, unknown>
  /** Deleted with `?immediate=true`: no grace. */
  immediate: boolean
  /** Deleted with `?revoke=true`: the certificate is revoked once it is served nowhere. */
  revoke: boolean
  deleteAfter: Date | null
  ownershipVerifiedAt: Date | null
  routingVerifiedAt: Date | null
  activatedAt: Date | null
  createdAt: Date
  updatedAt: Date
}

/**
 * - `auto`      a certificate is obtained and renewed
 * - `off`       HTTP only
 * - `imported`  the customer's own certificate
 */
export interface Tls {
  mode: 'auto' | 'off' | 'imported'
  /** Of a wildcard in a managed zone: managed names below it use its certificate. */
  shared?: true | undefined
}

/**
 * How the claim proves that its tenant controls the name.
 *
 * - `txt`      the token in a TXT record beside the name
 * - `cname`    the name is an alias of `<token>.<edge hostname>`, which nobody else is told: proof and routing in one
 * - `http`     the name's present web server shows the token
 * - `managed`  the platform controls the zone and writes the records itself
 */
export const VERIFICATION_METHODS = ['txt', 'cname', 'http', 'managed'] as const
export type VerificationMethod = (typeof VERIFICATION_METHODS)[number]

export interface Verification {
  method: VerificationMethod
  /** False: the name may lead elsewhere, such as to a CDN in front; only ownership is asked of DNS. */
  routing: boolean
  /** Unguessable and this claim's alone: 40 hexadecimal digits, which DNS may turn to upper case. */
  token: string
  /** When the token was made: it is rotated by its age. */
  issuedAt: Date
  /** Until when it has to be found for the first time. */
  expiresAt: Date
  /** The token before, while both are good. */
  previous: PreviousToken | null
}

export interface PreviousToken {
  token: string
  acceptedUntil: Date
  /** How many of the reminders the customer has had. */
  reminders: number
}

/** Who suspended an active domain: the loss of its proof, or a person. */
export type Suspension = 'ownership' | 'operator'

/** What the last look found, per purpose; shown beside what is required. */
export interface DnsFindings {
  ownership?: RecordFinding
  routing?: RecordFinding
  certificate?: RecordFinding
  /** The zone's SOA serial: a change means that somebody is at work there. */
  serial?: number
}

export interface RecordFinding {
  status: 'ok' | 'missing' | 'mismatch' | 'unknown'
  observed: string[]
  /** RFC 3339. */
  checkedAt: string
}

/**
 * Queue lanes, most urgent first: a person waits behind `interactive`, nobody behind `normal`. Renewals have a lane of
 * their own, so that they never queue behind launches.
 */
export const LANES = ['interactive', 'renewal', 'normal'] as const
export type Lane = (typeof LANES)[number]
