import { done } from '../outcome.ts'
import { routeNotProved, waitForEdges } from '../route-proof.ts'
import { defineStep } from '../step.ts'

export const confirmHolding = defineStep({
  name: 'confirm_holding',
  from: 'suspended',
  to: 'suspended',
  async run(domain, context) {
    const because = routeNotProved(domain, await context.edges.progress(domain))
    return because === null ? done() : waitForEdges(because, context)
  },
})
