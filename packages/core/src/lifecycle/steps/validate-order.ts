import { proveNames } from '../../issuance/prove-names.ts'
import { done } from '../outcome.ts'
import { defineStep } from '../step.ts'

export const validateOrder = defineStep({
  name: 'validate_order',
  from: 'provisioning_cert',
  to: 'provisioning_cert',
  leadsTo: ['order_certificate'],
  async run(domain, context) {
    if (domain.tls.mode !== 'auto') return done()
    const certificate = await context.certificates.current(domain.id)
    return certificate?.status === 'issued' ? done() : proveNames(domain, 'order_certificate', context)
  },
})
