import type { Certificate } from '../../certificate/certificate.ts'
import { finalize } from '../../issuance/finalize.ts'
import { done } from '../outcome.ts'
import { defineStep } from '../step.ts'

export const finalizeOrder = defineStep({
  name: 'finalize_order',
  from: 'provisioning_cert',
  to: 'provisioning_cert',
  leadsTo: ['order_certificate'],
  async run(domain, context) {
    if (domain.tls.mode !== 'auto') return done()
    const before = await context.certificates.current(domain.id)
    if (before?.status === 'issued') return done({ events: issued(before) })
    const outcome = await finalize(domain, 'order_certificate', context)
    if (outcome.kind !== 'done') return outcome
    const { events = [] } = outcome.changes
    const certificate = await context.certificates.current(domain.id)
    return { ...outcome, changes: { ...outcome.changes, events: [...events, ...issued(certificate)] } }
  },
})

/** Here and not where it is stored, for a worker may die between the two: told with the step, it is told once. */
const issued = (certificate: Certificate | null) => [
  {
    type: 'certificate.issued',
    data: {
      issuer: certificate?.issuer ?? null,
      serial: certificate?.issued?.serial ?? null,
      not_after: certificate?.issued?.notAfter.toISOString() ?? null,
    },
  },
]
