import { after } from '../clock.ts'
import type { Domain } from '../domain/domain.ts'
import type { RouteProgress } from '../ports.ts'
import { type Reason, reason } from '../reasons.ts'
import { type Outcome, type Pause, wait } from './outcome.ts'
import type { StepContext } from './step.ts'

/**
 * Why the route is not proved yet, or null when it is: at least one edge is live, and every live edge has proved the
 * generation. A silent edge is named, not waited for; it must catch up before it is ready again.
 */
export function routeNotProved(domain: Domain, progress: RouteProgress): Reason | null {
  const { proved, pending, rejected, silent } = progress
  if (rejected.length > 0) {
    const says = rejected.map(({ edge, detail }) => `${edge}: ${detail}`)
    return reason(
      'EDGE_REJECTED_CONFIG',
      `An edge refused the configuration of ${domain.hostname}: ${says.join('; ')}.`,
      {
        expected: ['accepted by every edge'],
        observed: says,
      },
    )
  }
  if (pending.length > 0) {
    return reason('EDGE_PENDING', `Waiting for ${pending.join(', ')} to prove the change.`, {
      expected: [...proved, ...pending],
      observed: proved,
    })
  }
  if (proved.length > 0) return null
  const why = silent.length === 0 ? 'No edge is registered' : `No edge is live; silent: ${silent.join(', ')}`
  return reason('EDGE_UNREACHABLE', `${why} in the pool ${domain.edgePool}. Start an edge agent.`, {
    expected: ['at least one live edge'],
    observed: silent,
  })
}

/**
 * Removal is stricter: it waits for every registered edge, since the nginx of a dead agent still serves, until ops
 * remove that edge.
 */
export function removalNotProved(domain: Domain, progress: RouteProgress): Reason | null {
  const notYet = [...progress.pending, ...progress.rejected.map(({ edge }) => edge)]
  if (notYet.length > 0) {
    return reason('EDGE_PENDING', `Waiting for ${notYet.join(', ')} to prove that ${domain.hostname} is gone.`, {
      expected: [...progress.proved, ...notYet],
      observed: progress.proved,
    })
  }
  if (progress.silent.length === 0) return null
  return reason(
    'EDGE_UNREACHABLE',
    `${progress.silent.join(', ')} may still serve ${domain.hostname} but is silent. Start it again, or remove the edge.`,
    { expected: [...progress.proved, ...progress.silent], observed: progress.proved },
  )
}

/** An edge's report wakes the domain; the due time is only for when that report never comes. */
export function waitForEdges(because: Reason, { clock, policy }: StepContext): Outcome {
  return wait(after(clock.now(), policy.edgeRecheckMs), because)
}

/** No edge can have proved what this very outcome publishes: the next step pauses until one reports. */
export function pauseForEdges({ hostname }: Domain, { clock, policy }: StepContext): Pause {
  const message = `Waiting for the edges to prove that they serve ${hostname} as it is wanted.`
  return { until: after(clock.now(), policy.edgeRecheckMs), because: reason('EDGE_PENDING', message) }
}
