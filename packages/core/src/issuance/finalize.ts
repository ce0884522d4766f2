import { CaProblem } from '../certificate/ca-problem.ts'
import type { Certificate, IssuedCertificate } from '../certificate/certificate.ts'
import { checkIssued } from '../certificate/check-issued.ts'
import { hideChallenges } from '../dns/challenge-records.ts'
import type { Domain } from '../domain/domain.ts'
import { type Outcome, done, wait } from '../lifecycle/outcome.ts'
import type { StepContext } from '../lifecycle/step.ts'
import { reason } from '../reasons.ts'
import { adviceFor } from './advice.ts'
import { caOf } from './issuance.ts'
import { type OrderStep, orderUnderWay } from './prove-names.ts'

/**
 * Finalizes the stored order with the stored CSR, so that a repetition asks for the same certificate (RFC 8555 §7.4).
 * The chain is stored only if it fits key, name and dates. The authority is asked at once when it wants it renewed.
 */
export async function finalize(domain: Domain, orderStep: OrderStep, context: StepContext): Promise<Outcome> {
  const { certificates, custody, clock, lease, signal, watch } = context
  const order = await orderUnderWay(domain, orderStep, context)
  if ('kind' in order) return order
  const { certificate, issuer, orderUrl } = order

  const finalized = await issuer.finalize({ orderUrl }, certificate.csrDer, signal)
  await watch.answered(caOf(issuer.name))
  if (finalized.status === 'processing') {
    const message = 'The certificate authority is still signing the certificate.'
    return wait(finalized.retryAt, reason('CA_PROCESSING', message))
  }
  const keyPem = custody.open(certificate.sealedKey, { ownerId: domain.id, secretId: certificate.id })
  const issued = checkIssued(finalized.chainPem, { hostname: domain.hostname, keyPem, now: clock.now() })
  if (issued instanceof CaProblem) throw issued
  const shown = await certificates.challenges(certificate.id)
  await certificates.saveIssued(lease, certificate.id, issued)
  const events = await hideChallenges(domain, shown, context)
  return done({ events, renewal: { at: await firstClock(certificate, issued, context), attempt: 0, because: null } })
}

/** The certificate is there whatever the authority says about its renewal. */
async function firstClock(certificate: Certificate, issued: IssuedCertificate, context: StepContext): Promise<Date> {
  const advice = await adviceFor({ ...certificate, issued }, context)
  if (advice === null) return issued.renewAt
  await context.certificates.saveRenewalInfo(context.lease, certificate.id, advice)
  return earliest(advice.renewAt, advice.askAgainAt)
}

export const earliest = (at: Date, other: Date | null): Date => (other !== null && other < at ? other : at)
