import { done } from '../outcome.ts'
import { defineStep } from '../step.ts'

export const withdrawRoute = defineStep({
  name: 'withdraw_route',
  from: 'deprovisioning',
  to: 'deprovisioning',
  async run(domain) {
    // A name that never had a route has nothing to withdraw, and no edge to ask.
    return done(domain.routeGeneration === null ? {} : { route: 'removed' })
  },
})
