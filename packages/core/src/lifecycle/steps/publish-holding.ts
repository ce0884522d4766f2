import { done } from '../outcome.ts'
import { pauseForEdges } from '../route-proof.ts'
import { defineStep } from '../step.ts'

/** From this commit on every edge of the pool shall show the holding page. */
export const publishHolding = defineStep({
  name: 'publish_holding',
  from: 'suspended',
  to: 'suspended',
  async run(domain, context) {
    return done({ route: 'holding' }, pauseForEdges(domain, context))
  },
})
