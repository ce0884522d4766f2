import { shareLeft } from '../../certificate/renewal.ts'
import { HOUR, after } from '../../clock.ts'
import { placeOrder } from '../../issuance/place-order.ts'
import { lookBeforeOrder } from '../../look/look-before-order.ts'
import { done, rest, wait } from '../outcome.ts'
import { defineStep } from '../step.ts'
import { caaIdentitiesOf, challengesOf } from './settle.ts'
import { isConsentedTo } from './verify-ownership.ts'

/** How often a name whose DNS does not lead here any more is looked at again. No order is spent on it. */
const LOOK_AGAIN_MS = 6 * HOUR

/** Orders the next certificate; the one in use is served until the next is proved on every edge. */
export const orderRenewal = defineStep({
  name: 'order_renewal',
  from: 'active',
  to: 'active',
  async run(domain, context) {
    const { certificates, clock } = context
    const certificate = await certificates.inUse(domain.id)
    if (certificate?.issued == null) return rest({ renewal: { at: null, attempt: 0, because: null } })
    const under = await certificates.current(domain.id)
    if (under?.status === 'ordering' && under.orderUrl !== null) return done()

    const caaIdentities = await caaIdentitiesOf(context)
    const agreed = (await isConsentedTo(domain, context)) ? (['routing'] as const) : (['ownership', 'routing'] as const)
    const because = await lookBeforeOrder(domain, context, { caaIdentities, agreed, offered: challengesOf(context) })
    if (because !== null) return wait(after(clock.now(), LOOK_AGAIN_MS), because)
    const left = shareLeft(certificate.issued, clock.now())
    // A wildcard that is shared is no predecessor of a certificate of the name's own.
    const replaced = certificate.domainId === domain.id ? certificate : null
    return placeOrder(domain, { certificate: replaced, left }, context)
  },
})
