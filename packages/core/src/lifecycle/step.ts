import type { Clock } from '../clock.ts'
import type { Domain } from '../domain/domain.ts'
import type { EdgeIdentity } from '../domain/records.ts'
import type {
  Authority,
  AuthorityWatch,
  Budgets,
  CertificateStore,
  Claims,
  CsrMaker,
  EdgeStore,
  HttpProbe,
  KeyCustody,
  Lease,
  ManagedZones,
  Resolver,
  TlsProbe,
} from '../ports.ts'
import type { Outcome } from './outcome.ts'
import type { State, StepName } from './states.ts'

/** What a step may use. Everything that touches the world is a port. */
export interface StepContext {
  /** Fences every write: a worker that lost its lease writes nothing. */
  lease: Lease
  clock: Clock
  resolver: Resolver
  probe: HttpProbe
  tlsProbe: TlsProbe
  zones: ManagedZones
  claims: Claims
  /** The preferred one first. */
  authorities: readonly Authority[]
  budgets: Budgets
  watch: AuthorityWatch
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
  /** How often the ownership of an active name is proved again. */
  reverifyMs: number
  /** How long a proof may be missed, looked for again and again, before the domain is suspended. */
  missMs: number
  /** The age at which tokens are rotated; null never does. */
  rotationMs: number | null
  /** How long the old token stays good beside the new one. */
  rotationGraceMs: number
  /** How long a domain stays suspended for its lost proof before it leaves. */
  suspendedMs: number
  /** The longest wait for a negative answer to leave the resolvers' caches. */
  settleMs: number
  /** How long a released name that still leads here is watched. */
  danglingMs: number
}

export interface Step {
  name: StepName
  from: State
  to: State
  /** Steps outside its list that `doneTo` may lead to. */
  leadsTo?: readonly StepName[]
  run(domain: Domain, context: StepContext): Promise<Outcome>
}

export const defineStep = (step: Step): Step => step
