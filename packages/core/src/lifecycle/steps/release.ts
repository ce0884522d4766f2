import { done } from '../outcome.ts'
import { defineStep } from '../step.ts'

/** The certificate is parked, the hostname is free: whoever wants it next needs a token of their own. */
export const release = defineStep({
  name: 'release',
  from: 'deprovisioning',
  to: 'deprovisioned',
  async run(domain, { certificates, lease }) {
    await certificates.park(lease, domain.id)
    return done({ releasesHostname: true })
  },
})
