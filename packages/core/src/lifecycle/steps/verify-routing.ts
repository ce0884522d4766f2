import { reason } from '../../reasons.ts'
import { lookAtRouting } from '../../look/look-at-routing.ts'
import { scheduleLook } from '../next-look.ts'
import { done, failed, wait } from '../outcome.ts'
import { defineStep } from '../step.ts'

export const verifyRouting = defineStep({
  name: 'verify_routing',
  from: 'verifying',
  to: 'verified',
  async run(domain, context) {
    const now = context.clock.now()
    const verdict = await lookAtRouting(domain, context)
    const { serial } = verdict
    const dns = { routing: verdict.finding, ...(serial === null ? {} : { serial }) }
    if (verdict.proved) return done({ dns, looks: 0, routingVerifiedAt: now })
    if (domain.verification.expiresAt <= now) {
      return failed(reason(verdict.because.code, `${verdict.because.message} Then retry the domain.`, verdict.because))
    }
    const { until, looks } = scheduleLook(domain, serial, now)
    return wait(until, verdict.because, { dns, looks })
  },
})
