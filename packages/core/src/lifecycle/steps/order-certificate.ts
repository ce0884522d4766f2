import type { Certificate } from '../../certificate/certificate.ts'
import { momentAtShare } from '../../certificate/renewal.ts'
import type { Domain } from '../../domain/domain.ts'
import { placeOrder } from '../../issuance/place-order.ts'
import { reason } from '../../reasons.ts'
import { type Outcome, done, wait } from '../outcome.ts'
import { type StepContext, defineStep } from '../step.ts'

/** The name gets a certificate: one that is there already, or an order for one. */
export const orderCertificate = defineStep({
  name: 'order_certificate',
  from: 'provisioning_cert',
  to: 'provisioning_cert',
  async run(domain, context) {
    if (domain.tls.mode === 'off') return done()
    const present = await context.certificates.current(domain.id)
    if (present?.status === 'issued' && isGood(present, context)) return taking(present)
    if (domain.tls.mode === 'imported') return waitForImport(domain)
    if (present === null) {
      const found = (await adoptParked(domain, context)) ?? (await useShared(domain, context))
      if (found !== null) return taking(found)
    }
    return placeOrder(domain, { certificate: null, left: null }, context)
  },
})

const isGood = ({ issued }: Certificate, { clock }: Pick<StepContext, 'clock'>): boolean =>
  issued !== null && issued.renewAt > clock.now()

const taking = ({ issued }: Certificate): Outcome =>
  done({ renewal: { at: issued?.renewAt ?? null, attempt: 0, because: null } })

function waitForImport({ hostname }: Domain): Outcome {
  const message = `No certificate of your own is here for ${hostname}, or it is about to expire. Send one: POST /v1/domains/${hostname}/certificate.`
  return wait(null, reason('CERT_NEEDED', message))
}

/** A name that comes back gets the certificate it left behind, which costs nobody's limits anything. */
async function adoptParked(domain: Domain, context: StepContext): Promise<Certificate | null> {
  const { certificates, custody, lease } = context
  const parked = await certificates.parked(domain.hostname, domain.tenant)
  // The customer's own, from when it was imported, is nothing that could be renewed here.
  if (parked === null || parked.issuer === 'imported' || !isGood(parked, context)) return null
  const keyPem = custody.open(parked.sealedKey, { ownerId: parked.domainId, secretId: parked.id })
  const isTaken = await certificates.adopt(
    lease,
    parked.id,
    custody.seal(keyPem, { ownerId: domain.id, secretId: parked.id }),
  )
  return isTaken ? parked : null
}

/** The platform's own wildcard is for names in the platform's zone; a customer's own name gets a certificate of its own. */
export async function useShared(
  { hostname, verification }: Domain,
  { certificates, clock, lease }: StepContext,
): Promise<Certificate | null> {
  if (verification.method !== 'managed') return null
  const shared = await certificates.sharedFor(hostname)
  if (shared?.issued == null || shared.issued.renewAt <= clock.now()) return null
  await certificates.share(lease, shared.id)
  return { ...shared, issued: { ...shared.issued, renewAt: movesOnAt(shared.issued, Math.random()) } }
}

/**
 * When those who share a wildcard's certificate move on to the next one: after its renewal, one by one, and early enough
 * to get one of their own when there is none.
 */
export function movesOnAt(issued: { notBefore: Date; notAfter: Date }, random: number): Date {
  const [first, last] = [momentAtShare(issued, 1 / 4).getTime(), momentAtShare(issued, 1 / 6).getTime()]
  return new Date(Math.floor(first + (last - first) * random))
}
