import { DAY, after } from '../../clock.ts'
import { reason } from '../../reasons.ts'
import { done, wait } from '../outcome.ts'
import { defineStep } from '../step.ts'

/** A successor that gets no further within this time is not waited for. */
const LONGEST_MS = 7 * DAY

/**
 * The name moved to another claim. Its visitors are served by this one's route until the other's is whole; the commit
 * that publishes that one removes this one.
 */
export const handOver = defineStep({
  name: 'hand_over',
  from: 'deprovisioning',
  to: 'deprovisioning',
  async run(domain, { claims, clock, policy }) {
    const now = clock.now()
    const deleteAfter = domain.deleteAfter ?? after(now, LONGEST_MS)
    if (domain.routeGeneration === null || deleteAfter <= now) return done()
    if ((await claims.successorOf(domain)) !== 'launching') return done()
    const message = `${domain.hostname} was proved by another account. It is served from here until that one serves it.`
    return wait(after(now, policy.edgeRecheckMs), reason('HOSTNAME_TAKEN', message), { deleteAfter })
  },
})
