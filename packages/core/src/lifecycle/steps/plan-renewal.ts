import { earliest } from '../../issuance/finalize.ts'
import { adviceFor } from '../../issuance/advice.ts'
import type { Certificate, IssuedCertificate } from '../../certificate/certificate.ts'
import { momentAtShare, urgencyOf } from '../../certificate/renewal.ts'
import type { Domain } from '../../domain/domain.ts'
import { reason } from '../../reasons.ts'
import { type Outcome, done, doneTo, rest, wait } from '../outcome.ts'
import { type StepContext, defineStep } from '../step.ts'
import { movesOnAt, useShared } from './order-certificate.ts'

/**
 * The clock of the certificate came round: the authority is asked when it wants it renewed, and the renewal begins when
 * that time has come.
 */
export const planRenewal = defineStep({
  name: 'plan_renewal',
  from: 'active',
  to: 'active',
  leadsTo: ['publish_renewal', 'confirm_renewal'],
  async run(domain, context) {
    const certificate = await context.certificates.inUse(domain.id)
    if (domain.tls.mode === 'off' || certificate?.issued == null) return resting(null)
    // Edges had not proved the new certificate when there was something else to do.
    if (domain.renewalReason?.code.startsWith('EDGE_') === true) return doneTo('confirm_renewal')
    if (certificate.issuer === 'imported') return remind(domain, certificate.issued, context)
    if (certificate.domainId !== domain.id) return moveOn(domain, certificate, context)
    return ofItsOwn(certificate, certificate.issued, context)
  },
})

const resting = (at: Date | null): Outcome => rest({ renewal: { at, attempt: 0, because: null } })

async function ofItsOwn(certificate: Certificate, issued: IssuedCertificate, context: StepContext): Promise<Outcome> {
  const { certificates, clock, lease } = context
  const now = clock.now()
  const { askAgainAt } = certificate.renewal
  if (askAgainAt === null || askAgainAt > now) {
    return issued.renewAt <= now ? done() : resting(earliest(issued.renewAt, askAgainAt))
  }
  const advice = await adviceFor(certificate, context)
  if (advice === null) return issued.renewAt <= now ? done() : resting(issued.renewAt)
  await certificates.saveRenewalInfo(lease, certificate.id, advice)
  return advice.renewAt <= now ? done() : resting(earliest(advice.renewAt, advice.askAgainAt))
}

/** The platform's wildcard was renewed under another domain: this one moves to the new certificate, or orders its own. */
async function moveOn(domain: Domain, { id, issued }: Certificate, context: StepContext): Promise<Outcome> {
  const newer = await useShared(domain, context)
  if (newer !== null && newer.id !== id) return doneTo('publish_renewal')
  const now = context.clock.now()
  if (issued === null || momentAtShare(issued, 1 / 6) <= now) return done()
  return resting(movesOnAt(issued, Math.random()))
}

/** Nobody here can renew a customer's own certificate: the customer is told, with growing urgency. */
function remind({ hostname }: Domain, issued: IssuedCertificate, { clock }: StepContext): Outcome {
  const now = clock.now()
  if (issued.renewAt > now) return resting(issued.renewAt)
  const [at] = [1 / 4, 1 / 10, 1 / 20].map((share) => momentAtShare(issued, share)).filter((moment) => moment > now)
  const end = issued.notAfter.toISOString()
  const is = urgencyOf(issued, now) === 'expired' ? `expired at ${end}` : `expires at ${end}`
  const message = `Your own certificate for ${hostname} ${is}. Send the next one: POST /v1/domains/${hostname}/certificate.`
  return wait(at ?? null, reason('CERT_NEEDED', message))
}
