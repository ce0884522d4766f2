import { reason } from '../../reasons.ts'
import { done, retryWithNewOrder, wait } from '../outcome.ts'
import { defineStep } from '../step.ts'

/** The challenge answers are stored, and every edge hands them out: the CA may look. */
export const validateOrder = defineStep({
  name: 'validate_order',
  from: 'provisioning_cert',
  to: 'provisioning_cert',
  async run(domain, { certificates, issuer, signal }) {
    if (domain.tls.mode === 'off') return done()
    const certificate = await certificates.current(domain.id)
    if (certificate?.status === 'issued') return done()
    if (certificate === null || certificate.orderUrl === null) return retryWithNewOrder(lostOrder())

    const progress = await issuer.validate({ orderUrl: certificate.orderUrl }, signal)
    if (progress.status === 'ready') return done()
    return wait(progress.retryAt, reason('CA_PROCESSING', 'The certificate authority is still validating the name.'))
  },
})

export const lostOrder = () => reason('INTERNAL', 'The order was given up; a new one is placed.')
