import { done } from '../outcome.ts'
import { pauseForEdges } from '../route-proof.ts'
import { defineStep } from '../step.ts'

/** The certificate was kept: the route comes back as it was. */
export const republishRoute = defineStep({
  name: 'republish_route',
  from: 'suspended',
  to: 'suspended',
  async run(domain, context) {
    return done({ route: domain.tls.mode === 'off' ? 'http' : 'https' }, pauseForEdges(domain, context))
  },
})
