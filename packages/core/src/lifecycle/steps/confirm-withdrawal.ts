import { after } from '../../clock.ts'
import { done } from '../outcome.ts'
import { removalNotProved, waitForEdges } from '../route-proof.ts'
import { defineStep } from '../step.ts'

/** Proved gone on every registered edge: only now does the grace begin. */
export const confirmWithdrawal = defineStep({
  name: 'confirm_withdrawal',
  from: 'deprovisioning',
  to: 'deprovisioning',
  async run(domain, context) {
    if (domain.routeGeneration !== null) {
      const because = removalNotProved(domain, await context.edges.progress(domain))
      if (because !== null) return waitForEdges(because, context)
    }
    return done({ deleteAfter: after(context.clock.now(), domain.immediate ? 0 : context.policy.graceMs) })
  },
})
