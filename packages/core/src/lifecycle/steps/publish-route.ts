import { done } from '../outcome.ts'
import { pauseForEdges } from '../route-proof.ts'
import { defineStep } from '../step.ts'

/** The certificate is stored: from this commit on every edge of the pool shall serve it. */
export const publishRoute = defineStep({
  name: 'publish_route',
  from: 'provisioning_cert',
  to: 'provisioning_cert',
  async run(domain, context) {
    return done({ route: domain.tls.mode === 'off' ? 'http' : 'https' }, pauseForEdges(domain, context))
  },
})
