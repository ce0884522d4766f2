import { after } from '../../clock.ts'
import { reason } from '../../reasons.ts'
import { lookAtOwnership } from '../../look/look-at-ownership.ts'
import { scheduleLook } from '../next-look.ts'
import { done, doneTo, wait } from '../outcome.ts'
import { defineStep } from '../step.ts'
import { proofLost } from './reverify.ts'
import { isConsentedTo, withFinding } from './verify-ownership.ts'

/** A suspended domain comes back by itself when its proof does; one that a person suspended waits for a person. */
export const awaitReturn = defineStep({
  name: 'await_return',
  from: 'suspended',
  to: 'suspended',
  leadsTo: ['withdraw_route', 'order_certificate'],
  async run(domain, context) {
    const { clock, policy } = context
    const now = clock.now()
    if (domain.suspension === 'operator') {
      return wait(null, reason('SUSPENDED_BY_OPERATOR', `${domain.hostname} was suspended by a person. Resume it.`))
    }
    const verdict = await lookAtOwnership(domain, context)
    const dns = withFinding(verdict)
    if (verdict.proved || (await isConsentedTo(domain, context))) {
      const changes = { dns, looks: 0, ownershipVerifiedAt: now, ownershipMissedAt: null, suspension: null }
      const certificate = await context.certificates.inUse(domain.id)
      // It was away for so long that there is nothing to come back with.
      const isOver = certificate?.issued != null && certificate.issued.notAfter <= now
      return isOver ? doneTo('order_certificate', changes) : done(changes)
    }
    const { until, looks } = scheduleLook(domain, verdict.serial, now)
    if (!verdict.isMiss) return wait(until, verdict.because, { dns, looks })

    const endsAt = after(domain.ownershipMissedAt ?? now, policy.missMs + policy.suspendedMs)
    if (endsAt <= now) return doneTo('withdraw_route', { dns, looks: 0, suspension: null })
    const lost = proofLost(verdict.because, `The name shows a holding page, and leaves at ${endsAt.toISOString()}.`)
    return wait(until < endsAt ? until : endsAt, lost, { dns, looks })
  },
})
