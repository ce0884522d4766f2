import { CaProblem } from '../../certificate/ca-problem.ts'
import { checkIssued } from '../../certificate/check-issued.ts'
import { reason } from '../../reasons.ts'
import { done, retryWithNewOrder, wait } from '../outcome.ts'
import { defineStep } from '../step.ts'
import { lostOrder } from './validate-order.ts'

/**
 * Finalizes the stored order with the stored CSR, so that a repetition asks for the same certificate (RFC 8555 §7.4).
 * The chain is stored only if it fits key, name and dates.
 */
export const finalizeOrder = defineStep({
  name: 'finalize_order',
  from: 'provisioning_cert',
  to: 'provisioning_cert',
  async run(domain, { certificates, custody, clock, issuer, lease, signal }) {
    if (domain.tls.mode === 'off') return done()
    const certificate = await certificates.current(domain.id)
    if (certificate?.status === 'issued') return done()
    if (certificate === null || certificate.orderUrl === null) return retryWithNewOrder(lostOrder())

    const finalized = await issuer.finalize({ orderUrl: certificate.orderUrl }, certificate.csrDer, signal)
    if (finalized.status === 'processing') {
      return wait(
        finalized.retryAt,
        reason('CA_PROCESSING', 'The certificate authority is still signing the certificate.'),
      )
    }
    const keyPem = custody.open(certificate.sealedKey, { ownerId: domain.id, secretId: certificate.id })
    const issued = checkIssued(finalized.chainPem, { hostname: domain.hostname, keyPem, now: clock.now() })
    if (issued instanceof CaProblem) throw issued
    await certificates.saveIssued(lease, certificate.id, issued)
    return done()
  },
})
