import type { Clock } from '../clock.ts'
import type { Domain } from '../domain/domain.ts'
import type { Transition } from '../ports.ts'
import { nextRetry } from './backoff.ts'
import { LAUNCH, afterDone } from './machine.ts'
import { type Outcome, failed } from './outcome.ts'
import type { LifecyclePolicy, Step } from './step.ts'

/** From an outcome to a transition: the only place that knows what each outcome does to state, attempts and due time. */
export function decide(
  domain: Domain,
  step: Step,
  outcome: Outcome,
  { clock, policy, random }: { clock: Clock; policy: LifecyclePolicy; random?: () => number },
): Transition {
  const here = { state: domain.state, step: step.name }
  switch (outcome.kind) {
    case 'done': {
      const { rests, ...next } = afterDone(step)
      // The claim that goes on into a new state is that state's first.
      const attempt = rests ? 0 : next.state === domain.state ? domain.attempt : 1
      return { step: step.name, outcome, next, attempt, due: rests ? null : 'now' }
    }
    case 'wait':
      return { step: step.name, outcome, next: here, attempt: Math.max(0, domain.attempt - 1), due: outcome.until }
    case 'retry': {
      // Only a launch can fail: what is served, or is leaving, is tried for ever.
      if (domain.attempt >= policy.maxAttempts && LAUNCH.includes(step)) {
        return decide(domain, step, exhausted(outcome, domain), { clock, policy })
      }
      return {
        step: step.name,
        outcome,
        next: { ...here, step: outcome.backTo ?? step.name },
        attempt: domain.attempt,
        due: nextRetry(domain.attempt, clock.now(), outcome.notBefore, random),
      }
    }
    case 'failed':
      return {
        step: step.name,
        outcome,
        next: { state: 'failed', step: outcome.backTo ?? step.name },
        attempt: domain.attempt,
        due: null,
      }
  }
}

function exhausted({ because, backTo }: Extract<Outcome, { kind: 'retry' }>, { attempt }: Domain): Outcome {
  const message = `${because.message} Given up after ${attempt} attempts; retry the domain when the cause is gone.`
  return failed({ ...because, message }, backTo)
}
