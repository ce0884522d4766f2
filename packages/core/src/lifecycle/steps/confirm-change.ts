import { done } from '../outcome.ts'
import { routeNotProved, waitForEdges } from '../route-proof.ts'
import { defineStep } from '../step.ts'

/** A changed target is on its way to the edges: the domain stays active and says so until all have proved it. */
export const confirmChange = defineStep({
  name: 'confirm_change',
  from: 'active',
  to: 'active',
  async run(domain, context) {
    const because = routeNotProved(domain, await context.edges.progress(domain))
    return because === null ? done() : waitForEdges(because, context)
  },
})
