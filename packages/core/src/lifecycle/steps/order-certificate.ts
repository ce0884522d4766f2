import type { Certificate } from '../../certificate/certificate.ts'
import { newCertificateId } from '../../ids.ts'
import type { Domain } from '../../domain/domain.ts'
import { done } from '../outcome.ts'
import { type StepContext, defineStep } from '../step.ts'

/**
 * Key and CSR are stored before the CA hears of the name, the order's URL right after its answer: a crash anywhere
 * resumes the same order. Only between that answer and its commit can one pending order be orphaned; it is never
 * finalized, because finalizing takes the URL from the row.
 */
export const orderCertificate = defineStep({
  name: 'order_certificate',
  from: 'provisioning_cert',
  to: 'provisioning_cert',
  async run(domain, context) {
    if (domain.tls.mode === 'off') return done()
    const present = await context.certificates.current(domain.id)
    if (present?.status === 'issued' && isGood(present, context)) return done()
    if (present === null && (await adoptParked(domain, context))) return done()

    const certificate = isOurs(present, context) ? present : await begin(domain, present, context)
    if (certificate.orderUrl === null) {
      const order = await context.issuer.placeOrder(domain.hostname, context.signal)
      await context.certificates.saveOrder(context.lease, certificate.id, order)
    }
    return done()
  },
})

const isGood = ({ issued }: Certificate, { clock }: StepContext): boolean =>
  issued !== null && issued.renewAt > clock.now()

const isOurs = (present: Certificate | null, { issuer }: StepContext): present is Certificate =>
  present?.status === 'ordering' && present.issuer === issuer.name

/** A name that comes back gets the certificate it left behind, which costs nobody's limits anything. */
async function adoptParked(domain: Domain, context: StepContext): Promise<boolean> {
  const { certificates, custody, lease } = context
  const parked = await certificates.parked(domain.hostname, domain.tenant)
  if (parked === null || !isGood(parked, context)) return false
  const keyPem = custody.open(parked.sealedKey, { ownerId: parked.domainId, secretId: parked.id })
  return certificates.adopt(lease, parked.id, custody.seal(keyPem, { ownerId: domain.id, secretId: parked.id }))
}

async function begin(domain: Domain, present: Certificate | null, context: StepContext): Promise<Certificate> {
  // An order at an issuer that is no longer configured can never end: a new need replaces it.
  if (present?.status === 'ordering') await context.certificates.abandon(context.lease, present.id)
  const id = newCertificateId()
  const { keyPem, csrDer } = await context.csrMaker.newKeyAndCsr(domain.hostname)
  const sealedKey = context.custody.seal(keyPem, { ownerId: domain.id, secretId: id })
  return context.certificates.begin(context.lease, { id, issuer: context.issuer.name, sealedKey, csrDer })
}
