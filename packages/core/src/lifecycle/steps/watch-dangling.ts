import { after } from '../../clock.ts'
import { reason } from '../../reasons.ts'
import { confirmRouting } from '../../look/look-at-routing.ts'
import { done, wait } from '../outcome.ts'
import { defineStep } from '../step.ts'

/**
 * The name was let go, but as long as its record leads here, whoever could claim it would be served to its visitors. Its
 * tenant is told until the record is gone, or somebody else has proved the name.
 */
export const watchDangling = defineStep({
  name: 'watch_dangling',
  from: 'deprovisioned',
  to: 'deprovisioned',
  async run(domain, context) {
    const { claims, clock, policy } = context
    const now = clock.now()
    const isOver = after(domain.deleteAfter ?? domain.updatedAt, policy.danglingMs) <= now
    const wasNeverOurs = domain.routeGeneration === null || domain.verification.method === 'managed'
    if (isOver || wasNeverOurs || (await claims.isHeldByAnother(domain))) return done()

    const verdict = await confirmRouting(
      { ...domain, verification: { ...domain.verification, routing: true } },
      context,
    )
    const dns = { routing: verdict.finding }
    if (!verdict.proved && verdict.isMiss) return done({ dns })
    const { observed } = verdict.finding
    const message = `${domain.hostname} was let go, but its record still leads here (${observed.join(', ')}). Remove the record.`
    const because = verdict.proved
      ? reason('DNS_DANGLING', message, { expected: ['no record'], observed })
      : verdict.because
    return wait(after(now, policy.reverifyMs), because, { dns })
  },
})
