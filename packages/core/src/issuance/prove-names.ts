import { HEALTHY, isDown } from '../certificate/circuit.ts'
import type { Certificate } from '../certificate/certificate.ts'
import { challengeFor, showChallenges } from '../dns/challenge-records.ts'
import type { Domain } from '../domain/domain.ts'
import { type Outcome, done, doneTo, retryWithNewOrder, wait } from '../lifecycle/outcome.ts'
import type { StepContext } from '../lifecycle/step.ts'
import type { Issuer } from '../ports.ts'
import { reason } from '../reasons.ts'
import { eligibleNow, standings, waitForAuthority } from './authorities-up.ts'
import { caOf, issuerOf, leftOf } from './issuance.ts'

/** The step that places orders: of a launch, or of a renewal. */
export type OrderStep = 'order_certificate' | 'order_renewal'

/** The answers are stored, and shown to whoever asks: the CA may look. */
export async function proveNames(domain: Domain, orderStep: OrderStep, context: StepContext): Promise<Outcome> {
  const order = await orderUnderWay(domain, orderStep, context)
  if ('kind' in order) return order
  const { certificate, issuer, orderUrl } = order
  const challenges = await context.certificates.challenges(certificate.id)
  const showing = await showChallenges(domain, challenges, context)
  if (showing.kind !== 'done') return showing

  // What the order was placed with: the settings may have changed since.
  const { challengeZone = null } = context.policy.edge
  const challenge = challenges[0]?.type ?? challengeFor(domain, { challengeZone, offered: issuer.challenges })
  const progress = await issuer.validate({ orderUrl, challenge }, context.signal)
  await context.watch.answered(caOf(issuer.name))
  if (progress.status === 'ready') return done(showing.changes)
  const because = reason('CA_PROCESSING', 'The certificate authority is still validating the name.')
  return wait(progress.retryAt, because, showing.changes)
}

export interface OrderUnderWay {
  certificate: Certificate
  issuer: Issuer
  orderUrl: string
}

/** What there is to go on with, or what to do instead: wait for the authority, or begin anew. */
export async function orderUnderWay(
  domain: Domain,
  orderStep: OrderStep,
  context: StepContext,
): Promise<OrderUnderWay | Outcome> {
  const { authorities, certificates, lease } = context
  const certificate = await certificates.current(domain.id)
  const issuer = certificate === null ? null : issuerOf(certificate, context)
  if (certificate?.status !== 'ordering' || certificate.orderUrl === null || issuer === null) {
    return retryWithNewOrder(reason('INTERNAL', 'The order was given up; a new one is placed.'))
  }
  const ca = caOf(issuer.name)
  const known = await standings(context)
  const { health, isProbed } = known.get(ca) ?? { health: HEALTHY, isProbed: false }
  if (!isDown(health) || isProbed) return { certificate, issuer, orderUrl: certificate.orderUrl }

  const left = await leftOf(domain, context)
  if (eligibleNow(authorities, known, left).length === 0) {
    return waitForAuthority(domain, { ca, health, left }, context)
  }
  await certificates.abandon(lease, certificate.id)
  return doneTo(orderStep)
}
