import { reason } from '../../reasons.ts'
import { lookAtRouting } from '../look.ts'
import { nextLook } from '../next-look.ts'
import { done, failed, wait } from '../outcome.ts'
import { defineStep } from '../step.ts'

export const verifyRouting = defineStep({
  name: 'verify_routing',
  from: 'verifying',
  to: 'verified',
  async run(domain, context) {
    const now = context.clock.now()
    const verdict = await lookAtRouting(domain, 'any', context)
    const dns = { ...domain.dns, routing: verdict.finding }
    if (verdict.proved) return done({ dns, looks: 0, routingVerifiedAt: now })
    if (domain.verification.expiresAt <= now) {
      return failed(reason(verdict.because.code, `${verdict.because.message} Then retry the domain.`, verdict.because))
    }
    return wait(nextLook(domain, now), verdict.because, { dns, looks: domain.looks + 1 })
  },
})
