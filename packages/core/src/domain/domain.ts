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
  tls: { mode: 'auto' | 'off' }
  edgePool: string
  dns: DnsFindings
  /** The certificate the routes use, or that is being obtained. */
  certificateId: string | null
  /** Generation of the pool at which this domain's route last changed; null when it never had one. */
  routeGeneration: number | null
  metadata: Record<string, unknown>
  /** Deleted with `?immediate=true`: no grace. */
  immediate: boolean
  deleteAfter: Date | null
  ownershipVerifiedAt: Date | null
  routingVerifiedAt: Date | null
  activatedAt: Date | null
  createdAt: Date
  updatedAt: Date
}

/** Ownership by TXT (design: several methods later). The token is unguessable, one per claim. */
export interface Verification {
  method: 'txt'
  /** 128 random bits or more, base64url. */
  token: string
  expiresAt: Date
}

/** What the last look found, per purpose; shown beside what is required. */
export interface DnsFindings {
  ownership?: RecordFinding
  routing?: RecordFinding
}

export interface RecordFinding {
  status: 'ok' | 'missing' | 'mismatch' | 'unknown'
  observed: string[]
  /** RFC 3339. */
  checkedAt: string
}

/** Queue lanes, most urgent first: a person waits behind `interactive`, nobody behind `normal`. */
export const LANES = ['interactive', 'normal'] as const
export type Lane = (typeof LANES)[number]
