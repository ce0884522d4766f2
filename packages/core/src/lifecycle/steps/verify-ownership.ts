import { reason } from '../../reasons.ts'
import { lookAtOwnership } from '../look.ts'
import { nextLook } from '../next-look.ts'
import { done, failed, wait } from '../outcome.ts'
import { defineStep } from '../step.ts'

export const verifyOwnership = defineStep({
  name: 'verify_ownership',
  from: 'verifying',
  to: 'verifying',
  async run(domain, context) {
    const now = context.clock.now()
    if (domain.verification.expiresAt <= now) {
      return failed(
        reason(
          'OWNERSHIP_TOKEN_EXPIRED',
          `No TXT record with this domain's token was found before ${domain.verification.expiresAt.toISOString()}. Retry the domain to begin again.`,
        ),
      )
    }
    const verdict = await lookAtOwnership(domain, 'any', context)
    const dns = { ...domain.dns, ownership: verdict.finding }
    if (verdict.proved) return done({ dns, looks: 0, ownershipVerifiedAt: now })
    return wait(nextLook(domain, now), verdict.because, { dns, looks: domain.looks + 1 })
  },
})
