import { proveNames } from '../../issuance/prove-names.ts'
import { isRenewed } from '../../issuance/issuance.ts'
import { done } from '../outcome.ts'
import { defineStep } from '../step.ts'

export const validateRenewal = defineStep({
  name: 'validate_renewal',
  from: 'active',
  to: 'active',
  leadsTo: ['order_renewal'],
  async run(domain, context) {
    return (await isRenewed(domain, context)) ? done() : proveNames(domain, 'order_renewal', context)
  },
})
