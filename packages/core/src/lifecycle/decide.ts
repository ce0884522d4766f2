import type { Clock } from '../clock.ts'
import type { Domain } from '../domain/domain.ts'
import type { Transition } from '../ports.ts'
import { nextRetry } from './backoff.ts'
import { type Where, withClocks } from './clocks.ts'
import { LAUNCH, RENEWAL, afterDone, stepNamed } from './machine.ts'
import { type Outcome, REST, type RouteIntent, failed } from './outcome.ts'
import type { StepName } from './states.ts'
import type { LifecyclePolicy, Step } from './step.ts'

interface Circumstances {
  clock: Clock
  policy: LifecyclePolicy
  /** In [0, 1); for tests. */
  random?: () => number
}

/** From an outcome to a transition: the only place that knows what each outcome does to state, attempts and due time. */
export function decide(domain: Domain, step: Step, outcome: Outcome, circumstances: Circumstances): Transition {
  const transition = withClocks(domain, step, decideWhere(domain, step, outcome, circumstances), circumstances)
  // Of the outcome that stands: the last retry has become a failure by now, and a failed launch publishes nothing.
  return { ...transition, route: routeOf(domain, transition.outcome) }
}

/**
 * A name that has to wait for its certificate is served over HTTP meanwhile. One that gets it at once is not: each
 * change of an edge is a reload of nginx, which closes every idle connection of every visitor. One that is taken over
 * from another claim is served by that claim's route until its own is whole.
 */
function routeOf({ state, routeGeneration, takesOverFrom }: Domain, outcome: Outcome): RouteIntent | null {
  if (outcome.kind === 'done') return outcome.changes.route ?? null
  const waits = outcome.kind === 'wait' || outcome.kind === 'retry'
  return waits && state === 'provisioning_cert' && routeGeneration === null && takesOverFrom === null ? 'http' : null
}

function decideWhere(domain: Domain, step: Step, outcome: Outcome, { clock, policy, random }: Circumstances): Where {
  const here = { state: domain.state, step: step.name }
  switch (outcome.kind) {
    case 'done': {
      const { rests, ...next } = whereTo(step, outcome.goTo)
      if (rests) return { step: step.name, outcome, next, reason: null, attempt: 0, due: null }
      // The claim that goes on into a new state is that state's first; one that pauses is not spent on the next step.
      const attempt = next.state === domain.state ? domain.attempt : 1
      if (outcome.pause === null) return { step: step.name, outcome, next, reason: null, attempt, due: 'now' }
      const { until, because } = outcome.pause
      return { step: step.name, outcome, next, reason: because, attempt: Math.max(0, attempt - 1), due: until }
    }
    case 'wait':
      return {
        step: step.name,
        outcome,
        next: here,
        reason: outcome.because,
        attempt: Math.max(0, domain.attempt - 1),
        due: outcome.until,
      }
    case 'retry': {
      // Only a launch can fail: what is served, or is leaving, is tried for ever.
      if (domain.attempt >= policy.maxAttempts && LAUNCH.includes(step)) {
        return decideWhere(domain, step, exhausted(outcome, domain), { clock, policy })
      }
      return {
        step: step.name,
        outcome,
        next: { ...here, step: outcome.backTo ?? step.name },
        reason: outcome.because,
        attempt: domain.attempt,
        due: nextRetry(
          RENEWAL.includes(step) ? domain.renewalAttempt + 1 : domain.attempt,
          clock.now(),
          outcome.notBefore,
          random,
        ),
      }
    }
    case 'failed':
      return {
        step: step.name,
        outcome,
        next: { state: 'failed', step: outcome.backTo ?? step.name },
        reason: outcome.because,
        attempt: domain.attempt,
        due: null,
      }
  }
}

function whereTo(step: Step, goTo: Extract<Outcome, { kind: 'done' }>['goTo']): ReturnType<typeof afterDone> {
  if (goTo === null) return afterDone(step)
  return goTo === REST ? AT_REST : beginning(goTo)
}

const AT_REST = { state: 'active', step: 'reverify', rests: true } as const

/** The state a step begins in, for a way that leads out of its list. */
function beginning(name: StepName): ReturnType<typeof afterDone> {
  const step = stepNamed(name)
  if (step === null) throw new TypeError(`there is no step ${name}`)
  return { state: step.from, step: name, rests: false }
}

function exhausted({ because, backTo }: Extract<Outcome, { kind: 'retry' }>, { attempt }: Domain): Outcome {
  const message = `${because.message} Given up after ${attempt} attempts; retry the domain when the cause is gone.`
  return failed({ ...because, message }, backTo)
}
