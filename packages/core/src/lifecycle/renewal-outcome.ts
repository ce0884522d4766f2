import { type Urgency, momentAtShare, urgencyOf, FALLBACK_SHARE, PAGE_SHARE } from '../certificate/renewal.ts'
import type { IssuedCertificate } from '../certificate/certificate.ts'
import type { Domain } from '../domain/domain.ts'
import { type Reason, reason } from '../reasons.ts'
import type { Outcome } from './outcome.ts'
import type { StepContext } from './step.ts'

/**
 * A renewal that is held up never fails for good, and says so louder the less is left: whatever it waits for, it comes
 * back when the next level is reached. Below a tenth of the lifetime it is an alarm of its own.
 */
export async function ofRenewal(domain: Domain, outcome: Outcome, context: StepContext): Promise<Outcome> {
  if (outcome.kind === 'done') return outcome
  const { certificates, clock } = context
  const certificate = await certificates.inUse(domain.id)
  const issued = certificate?.issued ?? null
  if (issued === null || certificate?.issuer === 'imported') return outcome
  const now = clock.now()
  const because = escalated(domain, outcome.because, issued, urgencyOf(issued, now))
  const next =
    [FALLBACK_SHARE, PAGE_SHARE, 0].map((share) => momentAtShare(issued, share)).find((at) => at > now) ?? null
  if (outcome.kind === 'retry') return { ...outcome, because }
  // What a person has to mend at the authority is told again at the next level, and mended by another authority there.
  const until = outcome.kind === 'failed' ? next : soonest(outcome.until, next)
  const changes = outcome.kind === 'failed' ? {} : outcome.changes
  return { kind: 'wait', until, because, changes }
}

const soonest = (until: Date | null, next: Date | null): Date | null =>
  until === null || (next !== null && next < until) ? next : until

function escalated({ hostname }: Domain, because: Reason, { notAfter }: IssuedCertificate, urgency: Urgency): Reason {
  if (urgency === 'due' || urgency === 'late') return because
  const has = urgency === 'expired' ? 'expired' : 'expires'
  const message = `The certificate of ${hostname} ${has} at ${notAfter.toISOString()} and could not be renewed: ${because.message}`
  return { ...because, ...reason('CERT_EXPIRING', message) }
}
