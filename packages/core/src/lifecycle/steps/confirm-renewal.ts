import { rest } from '../outcome.ts'
import { routeNotProved, waitForEdges } from '../route-proof.ts'
import { defineStep } from '../step.ts'

/** The renewal is over when every live edge has proved the new certificate. Meanwhile the name's other clock goes on. */
export const confirmRenewal = defineStep({
  name: 'confirm_renewal',
  from: 'active',
  to: 'active',
  async run(domain, context) {
    const { certificates, clock, edges } = context
    const because = routeNotProved(domain, await edges.progress(domain))
    const at = domain.renewAt
    if (because === null) {
      const certificate = await certificates.inUse(domain.id)
      const { serial, notAfter } = certificate?.issued ?? { serial: null, notAfter: null }
      const event = { type: 'certificate.renewed', data: { serial, notAfter: notAfter?.toISOString() ?? null } }
      return rest({ renewal: { at, attempt: 0, because: null }, events: [event] })
    }
    const isReverifyDue = domain.reverifyAt !== null && domain.reverifyAt <= clock.now()
    if (!isReverifyDue) return waitForEdges(because, context)
    const waiting = waitForEdges(because, context)
    const until = waiting.kind === 'wait' ? waiting.until : null
    return rest({ renewal: { at: until, attempt: 0, because } })
  },
})
