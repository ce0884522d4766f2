import type { Domain, Lane } from '../domain/domain.ts'
import type { Outcome, RenewalPlan, RouteIntent } from '../lifecycle/outcome.ts'
import type { State, StepName } from '../lifecycle/states.ts'
import type { Reason } from '../reasons.ts'

/** The right to work on one domain, until `until` by the database's clock. The token fences every later write. */
export interface Lease {
  domainId: string
  token: number
  /** The domain's `gen` when it was claimed: an outcome decided on an older one does not stand. */
  gen: number
  worker: string
}

export type ClaimAnswer =
  | {
      kind: 'claimed'
      lease: Lease
      domain: Domain
      /** What this work is a part of, where that is traced. */
      traceparent?: string
    }
  | { kind: 'not_due' }

/**
 * - `recorded`    the outcome stands; `domain` is as it is now, still leased when the outcome was `done` and more is due
 * - `superseded`  a newer intent arrived during the step: facts are kept, the lease is given up, the row is due now
 * - `lost`        another worker owns the domain: nothing was written
 */
export type RecordAnswer =
  | { kind: 'recorded'; domain: Domain; leased: boolean }
  | { kind: 'superseded' }
  | { kind: 'lost' }

/** What the engine decided from an outcome. */
export interface Transition {
  step: StepName
  outcome: Outcome
  /** Where the domain goes. */
  next: { state: State; step: StepName }
  /** Why it waits there or failed; null while it moves or rests. */
  reason: Reason | null
  /** The claim count from here on: the engine's decision, written as it stands. */
  attempt: number
  /** What the edges shall do with the name from now on; null leaves that as it is. */
  route: RouteIntent | null
  /** When it is due there; null rests until somebody asks. `'now'` keeps the lease. */
  due: 'now' | Date | null
  /** When an active domain is due for its proof; `due` is the earlier one of this and its renewal. */
  reverifyAt: Date | null
  /** The clock of its certificate; null leaves it as it is. */
  renewal: RenewalPlan | null
  /** The lane of its next hint; null is `normal`. */
  lane: Lane | null
  /** The step's span. What follows until the domain rests belongs to the same trace. */
  traceparent?: string
}

export interface DomainStore {
  /** Claims the domain if it is due and nobody holds it: one UPDATE by the database's clock. */
  claim(domainId: string, worker: string): Promise<ClaimAnswer>
  /** Extends the lease; false when it is lost. */
  heartbeat(lease: Lease): Promise<boolean>
  /** State, event, attempt, route and notice in one statement, only under the lease's token. */
  record(lease: Lease, transition: Transition): Promise<RecordAnswer>
  /** Gives the domain back untouched and due now, its attempt uncounted: the process is stopping. */
  release(lease: Lease): Promise<void>
}
