import { after } from '../../clock.ts'
import { reason } from '../../reasons.ts'
import { done } from '../outcome.ts'
import { defineStep } from '../step.ts'

/**
 * The certificate is stored: from this commit on every edge of the pool shall serve it. No edge can have proved what
 * this very outcome publishes, so the next step pauses until one reports.
 */
export const publishRoute = defineStep({
  name: 'publish_route',
  from: 'provisioning_cert',
  to: 'provisioning_cert',
  async run(domain, { clock, policy }) {
    const until = after(clock.now(), policy.edgeRecheckMs)
    const because = reason('EDGE_PENDING', `Waiting for the edges to prove that they serve ${domain.hostname}.`)
    return done({ route: domain.tls.mode === 'off' ? 'http' : 'https' }, { until, because })
  },
})
