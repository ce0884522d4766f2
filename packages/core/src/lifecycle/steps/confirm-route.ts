import { done } from '../outcome.ts'
import { routeNotProved, waitForEdges } from '../route-proof.ts'
import { defineStep } from '../step.ts'

export const confirmRoute = defineStep({
  name: 'confirm_route',
  from: 'provisioning_cert',
  to: 'active',
  async run(domain, context) {
    const because = routeNotProved(domain, await context.edges.progress(domain))
    if (because !== null) return waitForEdges(because, context)
    return done({ activatedAt: domain.activatedAt ?? context.clock.now() })
  },
})
