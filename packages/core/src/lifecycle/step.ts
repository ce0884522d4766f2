import type { Clock } from '../clock.ts'
import type { Domain } from '../domain/domain.ts'
import type { EdgeIdentity } from '../domain/records.ts'
import type { CertificateStore, CsrMaker, EdgeStore, Issuer, KeyCustody, Lease, Resolver } from '../ports.ts'
import type { Outcome } from './outcome.ts'
import type { State, StepName } from './states.ts'

/** What a step may use. Everything that touches the world is a port. */
export interface StepContext {
  /** Fences every write: a worker that lost its lease writes nothing. */
  lease: Lease
  clock: Clock
  resolver: Resolver
  issuer: Issuer
  csrMaker: CsrMaker
  custody: KeyCustody
  certificates: CertificateStore
  edges: EdgeStore
  policy: LifecyclePolicy
  /** Aborted when the process stops or the lease is lost; hand it to every call that waits. */
  signal: AbortSignal
}

/** Settings of the machine; all durations in milliseconds. */
export interface LifecyclePolicy {
  edge: EdgeIdentity
  /** Claims within one state before `retry` becomes `failed`. */
  maxAttempts: number
  /** How soon an unproved edge is looked at again; its report wakes the domain earlier. */
  edgeRecheckMs: number
  graceMs: number
}

export interface Step {
  name: StepName
  from: State
  to: State
  run(domain: Domain, context: StepContext): Promise<Outcome>
}

export const defineStep = (step: Step): Step => step
