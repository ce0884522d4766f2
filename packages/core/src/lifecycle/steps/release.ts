import { done } from '../outcome.ts'
import { defineStep } from '../step.ts'

/** The certificate is parked, the hostname is free. */
export const release = defineStep({
  name: 'release',
  from: 'deprovisioning',
  to: 'deprovisioned',
  async run(domain, { certificates, lease }) {
    await certificates.park(lease, domain.id)
    return done()
  },
})
