import { reason } from '../../reasons.ts'
import { done, wait } from '../outcome.ts'
import { defineStep } from '../step.ts'

export const sitOutGrace = defineStep({
  name: 'sit_out_grace',
  from: 'deprovisioning',
  to: 'deprovisioning',
  async run(domain, { clock }) {
    const { deleteAfter, immediate } = domain
    if (immediate || deleteAfter === null || deleteAfter <= clock.now()) return done()
    return wait(
      deleteAfter,
      reason(
        'OFFBOARDING_GRACE',
        `Nothing is served any more. The certificate is kept until ${deleteAfter.toISOString()}.`,
      ),
    )
  },
})
