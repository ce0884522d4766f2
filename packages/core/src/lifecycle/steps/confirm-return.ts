import { done } from '../outcome.ts'
import { routeNotProved, waitForEdges } from '../route-proof.ts'
import { defineStep } from '../step.ts'

export const confirmReturn = defineStep({
  name: 'confirm_return',
  from: 'suspended',
  to: 'active',
  async run(domain, context) {
    const because = routeNotProved(domain, await context.edges.progress(domain))
    return because === null ? done({ events: [{ type: 'domain.resumed' }] }) : waitForEdges(because, context)
  },
})
