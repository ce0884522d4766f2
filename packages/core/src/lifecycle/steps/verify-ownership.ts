import type { Domain } from '../../domain/domain.ts'
import { type Reason, reason } from '../../reasons.ts'
import type { Verdict } from '../../domain/verdict.ts'
import { lookAtOwnership } from '../../look/look-at-ownership.ts'
import { scheduleLook } from '../next-look.ts'
import { type Changes, done, failed, wait } from '../outcome.ts'
import { type StepContext, defineStep } from '../step.ts'

/** The first claim to prove the name holds it; see `Claims`. */
export const verifyOwnership = defineStep({
  name: 'verify_ownership',
  from: 'verifying',
  to: 'verifying',
  async run(domain, context) {
    const now = context.clock.now()
    if (domain.verification.expiresAt <= now) {
      const until = domain.verification.expiresAt.toISOString()
      const message = `This domain's token was not found before ${until}. Retry the domain to begin again.`
      return failed(reason('OWNERSHIP_TOKEN_EXPIRED', message))
    }
    const verdict = await lookAtOwnership(domain, context)
    const dns = withFinding(verdict)
    const proved: Changes = { dns, looks: 0, ownershipVerifiedAt: now, ownershipMissedAt: null, takesHostname: true }
    if (verdict.proved) return done(proved)
    // Consent is for names that nobody has proved: it takes none from whoever has.
    const isHeld = await context.claims.isHeldByAnother(domain)
    if (!isHeld && (await isConsentedTo(domain, context))) {
      return done({ ...proved, events: [{ type: 'ownership.by_consent' }] })
    }
    const because = isHeld ? heldByAnother(domain, verdict.because) : verdict.because
    const { until, looks } = scheduleLook(domain, verdict.serial, now)
    return wait(until, because, { dns, looks })
  },
})

export const withFinding = ({ finding, serial }: Verdict): NonNullable<Changes['dns']> => ({
  ownership: finding,
  ...(serial === null ? {} : { serial }),
})

/** The account that holds the name above lets this one have names below it. */
export async function isConsentedTo(domain: Domain, { claims }: Pick<StepContext, 'claims'>): Promise<boolean> {
  const above = await claims.holderAbove(domain)
  return above?.consents === true
}

/** While another account holds the name, that is what the customer has to know before anything else. */
function heldByAnother({ hostname }: Domain, because: Reason): Reason {
  const message = `Another account has proved that it owns ${hostname}. To move it here: ${because.message}`
  return { ...because, ...reason('HOSTNAME_TAKEN', message) }
}
