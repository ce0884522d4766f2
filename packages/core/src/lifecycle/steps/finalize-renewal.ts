import { finalize } from '../../issuance/finalize.ts'
import { isRenewed } from '../../issuance/issuance.ts'
import { done } from '../outcome.ts'
import { defineStep } from '../step.ts'

export const finalizeRenewal = defineStep({
  name: 'finalize_renewal',
  from: 'active',
  to: 'active',
  leadsTo: ['order_renewal'],
  async run(domain, context) {
    return (await isRenewed(domain, context)) ? done() : finalize(domain, 'order_renewal', context)
  },
})
