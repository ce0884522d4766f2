import { eligible } from '../certificate/authorities.ts'
import { type AuthorityHealth, HEALTHY, backAfterProbe, isDown } from '../certificate/circuit.ts'
import type { Domain } from '../domain/domain.ts'
import { type Outcome, wait } from '../lifecycle/outcome.ts'
import type { StepContext } from '../lifecycle/step.ts'
import type { Authority } from '../ports.ts'
import { reason } from '../reasons.ts'

type Watching = Pick<StepContext, 'authorities' | 'watch' | 'clock'>

/** How every authority fares. One that this caller may probe counts as up: the answer to its order is the probe's. */
export async function healthOfAll({ authorities, watch }: Watching): Promise<Map<string, AuthorityHealth>> {
  const known = new Map<string, AuthorityHealth>()
  for (const { name } of authorities) {
    const health = await watch.health(name)
    known.set(name, isDown(health) && (await watch.beginProbe(name)) ? HEALTHY : health)
  }
  return known
}

/** The authorities that an order may go to now, the preferred one first; see `eligible`. */
export function eligibleNow(
  authorities: readonly Authority[],
  health: ReadonlyMap<string, AuthorityHealth>,
  left: number | null,
): Authority[] {
  return eligible(authorities, { healthOf: (ca) => health.get(ca) ?? HEALTHY, left })
}

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
