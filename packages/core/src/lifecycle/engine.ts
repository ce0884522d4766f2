import { CaProblem } from '../certificate/ca-problem.ts'
import { SECOND } from '../clock.ts'
import type { Domain } from '../domain/domain.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { learnFromProblem } from '../issuance/learn-from-problem.ts'
import {
  DnsProviderProblem,
  type DomainStore,
  type Lease,
  type RecordAnswer,
  type Span,
  type Tracer,
} from '../ports.ts'
import { reason } from '../reasons.ts'
import { inSpan, noTracer } from '../trace/in-span.ts'
import { decide } from './decide.ts'
import { outcomeOfDnsProblem } from './dns-problem.ts'
import { RENEWAL, stepNamed } from './machine.ts'
import { type Outcome, retry } from './outcome.ts'
import { ofRenewal } from './renewal-outcome.ts'
import { rememberCertificate } from './remember-certificate.ts'
import { factsOfStep, spanOfStep } from './step-span.ts'
import type { Step, StepContext } from './step.ts'

/** Everything a worker hands to the engine; the rest of `StepContext` belongs to one lease. */
export interface EngineDeps extends Omit<StepContext, 'lease' | 'signal'> {
  store: DomainStore
  worker: string
  leaseMs: number
  log: Log
  /** Without it nothing is traced. */
  tracer?: Tracer
  /** Aborted when the process stops: the step in hand is finished, then the domain is given back. */
  stopping: AbortSignal
}

/**
 * - `not_due`   nobody needed this hint: not due, or another worker has the domain
 * - `rested`    the domain rests, waits or failed; its due time says when it is looked at again
 * - `released`  given back because the process stops
 * - `lost`      another worker took over; nothing it would mind was written
 */
export type RunEnd = 'not_due' | 'rested' | 'released' | 'lost'

/** No step may take longer: the slot would be lost to one domain. Every call inside has a shorter deadline of its own. */
const STEP_DEADLINE_MS = 60 * SECOND

/**
 * Claims the domain and runs its steps, one after the other under one lease, until it rests or waits.
 *
 * claim → run → record, and again. Nothing here knows a particular step, and no step writes state.
 * Throws what the store throws when the database is away; the hint then comes back, or the sweep finds the row.
 */
export async function runDomain(domainId: string, deps: EngineDeps): Promise<RunEnd> {
  for (;;) {
    const answer = await deps.store.claim(domainId, deps.worker)
    if (answer.kind === 'not_due') return 'not_due'
    const end = await runClaimed(answer, deps)
    // A newer intent arrived during the step and left the row due: take it up at once.
    if (end !== 'superseded') return end
    if (deps.stopping.aborted) return 'released'
  }
}

interface Claimed {
  domain: Domain
  lease: Lease
  traceparent?: string
}

async function runClaimed({ lease, ...claimed }: Claimed, deps: EngineDeps): Promise<RunEnd | 'superseded'> {
  using heart = startHeartbeat(lease, deps)
  const certificates = rememberCertificate(deps.certificates)
  let { domain } = claimed
  let parent = claimed.traceparent ?? null
  for (;;) {
    const step = stepNamed(domain.step)
    if (step === null) {
      deps.log.warn({ domainId: domain.id, step: domain.step }, 'unknown step, left to a newer release')
      await deps.store.release(lease)
      return 'released'
    }
    const context = { ...deps, certificates, lease, signal: heart.signal }
    const span = spanOfStep(step, domain, { worker: deps.worker, parent })
    const answer = await inSpan(deps.tracer ?? noTracer, span, (opened) => {
      // The first step of work that nobody asked for is what the others are a part of.
      parent ??= opened.traceparent
      return runAndRecord(step, domain, context, opened)
    })
    if (answer.kind !== 'recorded') return answer.kind
    if (!answer.leased) return 'rested'
    domain = answer.domain
    if (deps.stopping.aborted) {
      await deps.store.release(lease)
      return 'released'
    }
  }
}

async function runAndRecord(
  step: Step,
  domain: Domain,
  context: StepContext & EngineDeps,
  span: Span,
): Promise<RecordAnswer> {
  const outcome = await attempt(step, domain, context)
  if (outcome === 'lost') {
    span.set({ 'mooring.outcome': 'lost' })
    return { kind: 'lost' }
  }
  const { traceparent } = span
  const transition = {
    ...decide(domain, step, outcome, context),
    ...(traceparent === null ? {} : { traceparent }),
  }
  const answer = await context.store.record(context.lease, transition)
  span.set(factsOfStep(transition, answer))
  return answer
}

/** Runs one step and turns whatever it throws into an outcome, except a lost lease and a database that is away. */
async function attempt(step: Step, domain: Domain, context: StepContext & { log: Log }): Promise<Outcome | 'lost'> {
  const deadline = AbortSignal.timeout(STEP_DEADLINE_MS)
  const signal = AbortSignal.any([context.signal, deadline])
  try {
    const running = runStep(step, domain, { ...context, signal })
    const outcome = await Promise.race([running, aborted(signal)])
    return RENEWAL.includes(step) ? await ofRenewal(domain, outcome, context) : outcome
  } catch (error) {
    if (context.signal.aborted) return 'lost'
    if (error instanceof AppError && error.code === 'STALE_LEASE') return 'lost'
    if (error instanceof AppError && error.code === 'DATABASE_UNAVAILABLE') throw error
    context.log.error({ domainId: domain.id, hostname: domain.hostname, step: step.name, err: error }, 'step threw')
    const why = deadline.aborted ? `did not end within ${STEP_DEADLINE_MS / SECOND} s` : 'broke'
    return retry(reason('INTERNAL', `The step ${step.name} ${why}. It is tried again; the log has the details.`))
  }
}

/** What a certificate authority or a DNS host refuses or fails to do is expected, and has an outcome of its own. */
async function runStep(step: Step, domain: Domain, context: StepContext): Promise<Outcome> {
  try {
    return await step.run(domain, context)
  } catch (error) {
    if (error instanceof DnsProviderProblem) return outcomeOfDnsProblem(error, context.clock)
    if (!(error instanceof CaProblem)) throw error
    return giveUpOrder(await learnFromProblem(error, domain, context), domain, context)
  }
}

/** A lost order is forgotten before the outcome is recorded: a crash in between finds no order and places a new one. */
async function giveUpOrder(outcome: Outcome, domain: Domain, { certificates, lease }: StepContext): Promise<Outcome> {
  if ((outcome.kind === 'retry' || outcome.kind === 'failed') && outcome.backTo !== null) {
    const certificate = await certificates.current(domain.id)
    if (certificate?.status === 'ordering') await certificates.abandon(lease, certificate.id)
  }
  return outcome
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error)
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

/** Extends the lease at a third of its length; aborts the step when the lease is lost or cannot be extended in time. */
function startHeartbeat(lease: Lease, { store, leaseMs, log }: EngineDeps): Disposable & { signal: AbortSignal } {
  const lost = new AbortController()
  let extendedAt = performance.now()
  const timer = setInterval(async () => {
    const askedAt = performance.now()
    try {
      if (await store.heartbeat(lease)) extendedAt = askedAt
      else lost.abort(new AppError('STALE_LEASE', 'The lease was taken over.'))
    } catch (error) {
      log.warn({ domainId: lease.domainId, err: error }, 'lease not extended')
      if (performance.now() - extendedAt > leaseMs) lost.abort(new AppError('STALE_LEASE', 'The lease ran out.'))
    }
  }, leaseMs / 3)
  return { signal: lost.signal, [Symbol.dispose]: () => clearInterval(timer) }
}
