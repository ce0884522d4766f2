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
    const certificate = await context.certificates.current(domain.id)
    return certificate?.status === 'issued' ? done() : finalize(domain, 'order_certificate', context)
  },
})
