import type { Clock } from '../clock.ts'
import type { Domain } from '../domain/domain.ts'
import type { Transition } from '../ports.ts'
import { RENEWAL } from './machine.ts'
import { nextReverification } from './next-reverification.ts'
import type { RenewalPlan } from './outcome.ts'
import type { LifecyclePolicy, Step } from './step.ts'

/** A transition, but for what the clocks of an active domain make of it. */
export type Where = Omit<Transition, 'route' | 'reverifyAt' | 'renewal' | 'lane'>

interface Circumstances {
  clock: Clock
  policy: LifecyclePolicy
}

/**
 * An active domain has two clocks: when its ownership is proved again, and when there is something to do for its
 * certificate. It rests until the earlier one. What holds up the renewal is shown meanwhile, and holds up nothing else.
 */
export function withClocks(
  domain: Domain,
  step: Step,
  where: Where,
  circumstances: Circumstances,
): Omit<Transition, 'route'> {
  const renewal = renewalOf(domain, step, where)
  const { next, due } = where
  if (isHeldUp(step, where)) {
    const reverifyAt = domain.reverifyAt ?? fromNow(domain, circumstances)
    return { ...resting(domain, where, { renewal, reverifyAt }), attempt: 0 }
  }
  if (next.state !== 'active' || next.step !== 'reverify' || due === 'now') {
    return { ...where, renewal, reverifyAt: domain.reverifyAt, lane: null }
  }
  const isProofKept = step.name !== 'reverify' && domain.state === 'active'
  const reverifyAt = (isProofKept ? domain.reverifyAt : due) ?? fromNow(domain, circumstances)
  return resting(domain, where, { renewal, reverifyAt })
}

function resting(
  domain: Domain,
  where: Where,
  { renewal, reverifyAt }: { renewal: RenewalPlan | null; reverifyAt: Date },
): Omit<Transition, 'route'> {
  const { at, because } = renewal ?? { at: domain.renewAt, because: domain.renewalReason }
  const isRenewalFirst = at !== null && at < reverifyAt
  return {
    ...where,
    next: { state: 'active', step: 'reverify' },
    reason: where.reason ?? because,
    due: isRenewalFirst ? at : reverifyAt,
    renewal,
    reverifyAt,
    lane: isRenewalFirst ? 'renewal' : null,
  }
}

const fromNow = ({ id }: Domain, { clock, policy }: Circumstances): Date =>
  nextReverification(id, clock.now(), policy.reverifyMs)

/** `confirm_renewal` stays where it is: an edge's report wakes it. */
const isHeldUp = (step: Step, { outcome }: Where): boolean =>
  RENEWAL.includes(step) && step.name !== 'confirm_renewal' && outcome.kind !== 'done'

/** What the outcome makes of the renewal; null leaves it as it is. */
function renewalOf(domain: Domain, step: Step, where: Where): RenewalPlan | null {
  const { outcome, due, reason } = where
  if (outcome.kind === 'done') return outcome.changes.renewal ?? null
  if (!isHeldUp(step, where) || due === 'now') return null
  const attempt = outcome.kind === 'retry' ? domain.renewalAttempt + 1 : domain.renewalAttempt
  return { at: due, attempt, because: reason }
}
