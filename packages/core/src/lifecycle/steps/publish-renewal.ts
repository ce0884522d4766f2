import { done } from '../outcome.ts'
import { pauseForEdges } from '../route-proof.ts'
import { defineStep } from '../step.ts'

/** From this commit on every edge shall serve the new certificate; each serves the old one until it has proved it. */
export const publishRenewal = defineStep({
  name: 'publish_renewal',
  from: 'active',
  to: 'active',
  async run(domain, context) {
    return done({ route: 'https' }, pauseForEdges(domain, context))
  },
})
