import { type Standing, eligible } from '../certificate/authorities.ts'
import { type AuthorityHealth, HEALTHY, backAfterProbe, isDown } from '../certificate/circuit.ts'
import type { Domain } from '../domain/domain.ts'
import { type Outcome, wait } from '../lifecycle/outcome.ts'
import type { StepContext } from '../lifecycle/step.ts'
import type { Authority } from '../ports.ts'
import { reason } from '../reasons.ts'

type Watching = Pick<StepContext, 'authorities' | 'watch' | 'clock'>

/** How every authority fares; of those that are down, this caller probes what it is time to probe. */
export async function standings({ authorities, watch }: Watching): Promise<ReadonlyMap<string, Standing>> {
  const known = new Map<string, Standing>()
  for (const { name } of authorities) {
    const health = await watch.health(name)
    known.set(name, { health, isProbed: isDown(health) && (await watch.beginProbe(name)) })
  }
  return known
}

const UP: Standing = { health: HEALTHY, isProbed: false }

/** The authorities that an order may go to now, the preferred one first; see `eligible`. */
export const eligibleNow = (
  authorities: readonly Authority[],
  known: ReadonlyMap<string, Standing>,
  left: number | null,
): Authority[] => eligible(authorities, { standingOf: (ca) => known.get(ca) ?? UP, left })

/** An authority that is down is not the fault of ten thousand domains: they wait, and no attempt is counted. */
export function waitForAuthority(
  domain: Domain,
  { ca, health, left }: { ca: string; health: AuthorityHealth; left: number | null },
  { clock }: Pick<StepContext, 'clock'>,
): Outcome {
  const since = health.downSince?.toISOString() ?? 'a moment ago'
  const until = backAfterProbe(health, clock.now(), left, Math.random())
  const message = `${ca} has not answered as it should since ${since}. ${domain.hostname} is ordered when it is back.`
  return wait(until, reason('CA_UNAVAILABLE', message))
}
