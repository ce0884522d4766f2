import { HOUR, after } from '../../clock.ts'
import type { Domain } from '../../domain/domain.ts'
import { type Rotation, rotate } from '../../domain/rotate-token.ts'
import { type Reason, reason } from '../../reasons.ts'
import type { Verdict } from '../../domain/verdict.ts'
import { confirmOwnership } from '../../look/look-at-ownership.ts'
import { confirmRouting } from '../../look/look-at-routing.ts'
import { lookAtServed } from '../../look/look-at-served.ts'
import { nextLook } from '../next-look.ts'
import { nextReverification } from '../next-reverification.ts'
import { type Changes, type Outcome, done, doneTo, wait } from '../outcome.ts'
import { type StepContext, defineStep } from '../step.ts'
import { isConsentedTo, withFinding } from './verify-ownership.ts'

/**
 * Proves an active name again. A miss is told at once and looked at again and again; only one that still stands after
 * `missMs` suspends the domain. Servers that fail or stay silent are no miss, however long.
 */
export const reverify = defineStep({
  name: 'reverify',
  from: 'active',
  to: 'active',
  leadsTo: ['publish_holding', 'plan_renewal'],
  async run(domain, context) {
    // The other clock of an active domain; it comes back here when the renewal is over, or held up.
    if (domain.renewAt !== null && domain.renewAt <= context.clock.now()) return doneTo('plan_renewal')
    // In turn: the second look goes the way to the zone that the first one found.
    const ownership = await confirmOwnership(domain, context)
    const routing = await confirmRouting(domain, context)
    const dns = { ...withFinding(ownership), routing: routing.finding }
    if (ownership.proved) return proved(domain, { ownership, routing, dns }, context)
    if (await isConsentedTo(domain, context)) {
      return proved(domain, { ownership: { ...ownership, proved: true, by: 'current' }, routing, dns }, context)
    }
    if (ownership.isMiss) return missed(domain, ownership.because, dns, context)
    return wait(nextLook(domain, context.clock.now()), ownership.because, { dns, looks: domain.looks + 1 })
  },
})

interface Found {
  ownership: Extract<Verdict, { proved: true }>
  routing: Verdict
  dns: NonNullable<Changes['dns']>
}

async function proved(domain: Domain, { ownership, routing, dns }: Found, context: StepContext): Promise<Outcome> {
  const { clock, policy } = context
  const now = clock.now()
  const rotation = rotate(domain, ownership.by, { now, policy })
  const changes: Changes = {
    dns,
    looks: 0,
    ownershipVerifiedAt: now,
    ownershipMissedAt: null,
    // A worker of a release that knew no claims may have made it active.
    ...(domain.holds ? {} : { takesHostname: true }),
    ...(routing.proved ? { routingVerifiedAt: now } : {}),
    ...changesOf(rotation),
  }
  const notServed = await servedOtherwise(domain, context)
  if (notServed !== null) return wait(after(now, SERVED_AGAIN_MS), notServed, changes)
  const because = rotation.because ?? (!routing.proved && routing.isMiss ? routing.because : null)
  return because === null
    ? done(changes)
    : wait(nextReverification(domain.id, now, policy.reverifyMs), because, changes)
}

/** How soon an edge that serves another certificate than the recorded one is looked at again. */
const SERVED_AGAIN_MS = 1 * HOUR

/** Once a day, what visitors are shown is compared with the records; see `lookAtServed`. */
async function servedOtherwise(domain: Domain, context: StepContext): Promise<Reason | null> {
  // Edges that have not proved a new certificate yet serve the one before, as they should.
  const isOnItsWay = domain.renewalReason?.code.startsWith('EDGE_') === true
  if (domain.tls.mode === 'off' || !domain.verification.routing || isOnItsWay) return null
  const certificate = await context.certificates.inUse(domain.id)
  return certificate?.issued == null ? null : lookAtServed(domain, certificate.issued, context)
}

const changesOf = ({ verification, events }: Rotation): Changes => ({
  ...(verification === null ? {} : { verification }),
  events,
})

function missed(domain: Domain, because: Reason, dns: Found['dns'], { clock, policy }: StepContext): Outcome {
  const now = clock.now()
  const missedAt = domain.ownershipMissedAt ?? now
  const suspendsAt = after(missedAt, policy.missMs)
  const data = { since: missedAt.toISOString(), expected: because.expected, observed: because.observed }
  if (domain.ownershipMissedAt !== null && suspendsAt <= now) {
    return doneTo('publish_holding', {
      dns,
      looks: 0,
      suspension: 'ownership',
      events: [{ type: 'ownership.lost', data }],
    })
  }
  const lost = proofLost(because, `It is suspended at ${suspendsAt.toISOString()} unless the record is back by then.`)
  const next = nextLook(domain, now)
  return wait(next < suspendsAt ? next : suspendsAt, lost, {
    dns,
    looks: domain.looks + 1,
    ownershipMissedAt: missedAt,
    events: domain.ownershipMissedAt === null ? [{ type: 'domain.action_required', data }] : [],
  })
}

/** What is missing and where, in the words of the look, under the code that says what it means for the domain. */
export const proofLost = (because: Reason, consequence: string): Reason => ({
  ...because,
  ...reason('OWNERSHIP_LOST', `${because.message} ${consequence}`),
})
