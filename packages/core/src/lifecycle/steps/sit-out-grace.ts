import { after } from '../../clock.ts'
import type { Domain } from '../../domain/domain.ts'
import { reason } from '../../reasons.ts'
import { confirmOwnership } from '../../look/look-at-ownership.ts'
import { type Changes, done, wait } from '../outcome.ts'
import { type StepContext, defineStep } from '../step.ts'
import { isConsentedTo, withFinding } from './verify-ownership.ts'

/** Until the grace ends the domain can come back as it was. A name that its tenant no longer owns is not kept for it. */
export const sitOutGrace = defineStep({
  name: 'sit_out_grace',
  from: 'deprovisioning',
  to: 'deprovisioning',
  async run(domain, context) {
    const { clock, policy } = context
    const now = clock.now()
    const { deleteAfter, immediate } = domain
    if (immediate || deleteAfter === null || deleteAfter <= now) return done()

    const changes = await lookForProof(domain, context)
    const missedAt = changes.ownershipMissedAt === undefined ? domain.ownershipMissedAt : changes.ownershipMissedAt
    const endsAt = missedAt === null ? deleteAfter : earlier(deleteAfter, after(missedAt, policy.missMs))
    if (missedAt !== null && endsAt <= now) return done({ ...changes, events: [{ type: 'ownership.lost' }] })

    const why = missedAt === null ? '' : ' Its proof of ownership is missing, which ends the grace early.'
    const message = `Nothing is served any more. The domain can be restored until ${endsAt.toISOString()}.${why}`
    return wait(earlier(endsAt, after(now, policy.reverifyMs)), reason('OFFBOARDING_GRACE', message), changes)
  },
})

const earlier = (a: Date, b: Date): Date => (a < b ? a : b)

/** A name that was never proved has no proof to lose, and the records of a managed one are gone already. */
async function lookForProof(domain: Domain, context: StepContext): Promise<Changes> {
  if (!domain.holds || domain.verification.method === 'managed') return {}
  const verdict = await confirmOwnership(domain, context)
  const dns = withFinding(verdict)
  if (verdict.proved || (await isConsentedTo(domain, context))) return { dns, ownershipMissedAt: null }
  return verdict.isMiss ? { dns, ownershipMissedAt: domain.ownershipMissedAt ?? context.clock.now() } : { dns }
}
