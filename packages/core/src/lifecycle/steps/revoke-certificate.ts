import { CaProblem } from '../../certificate/ca-problem.ts'
import { issuerOf } from '../../issuance/issuance.ts'
import { reason } from '../../reasons.ts'
import { done, retry } from '../outcome.ts'
import { defineStep } from '../step.ts'

/**
 * Revokes the certificate when that was asked for: nothing serves it any more. A CA that refuses for good must not keep
 * the domain from leaving; the event says that a person has to.
 */
export const revokeCertificate = defineStep({
  name: 'revoke_certificate',
  from: 'deprovisioning',
  to: 'deprovisioning',
  async run(domain, context) {
    const { certificates, lease, policy, signal } = context
    if (!domain.revoke) return done()
    const certificate = await certificates.inUse(domain.id)
    // A wildcard that others share is not this domain's to revoke.
    if (certificate?.status !== 'issued' || certificate.issued === null || certificate.domainId !== domain.id)
      return done()
    const { serial, chainPem } = certificate.issued
    const givenUp = (detail: string) =>
      done({
        events: [{ type: 'certificate.revocation_failed', data: { serial, issuer: certificate.issuer, detail } }],
      })
    const issuer = issuerOf(certificate, context)
    if (issuer === null) return givenUp(`The issuer ${certificate.issuer} is not configured any more.`)
    try {
      await issuer.revoke(chainPem, signal)
    } catch (error) {
      if (!(error instanceof CaProblem)) throw error
      if (domain.attempt >= policy.maxAttempts) return givenUp(error.message)
      const message = `The certificate ${serial} could not be revoked: the certificate authority said "${error.message}".`
      return retry(reason('CA_UNAVAILABLE', message), error.retryAt)
    }
    await certificates.markRevoked(lease, certificate.id)
    return done({ events: [{ type: 'certificate.revoked', data: { serial } }] })
  },
})
