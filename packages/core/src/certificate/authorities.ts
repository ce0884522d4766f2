import type { AuthorityHealth } from './circuit.ts'
import { isDown } from './circuit.ts'
import type { Authority } from '../ports.ts'
import { FALLBACK_SHARE } from './renewal.ts'

/**
 * The authorities that an order may go to now, the preferred one first. Another one is taken while the first is down, or
 * when less than a quarter of the lifetime is left, and never because a validation failed: that would fail there, too. A
 * renewal with time enough waits for the one it knows.
 */
export function eligible(
  authorities: readonly Authority[],
  { healthOf, left }: { healthOf: (ca: string) => AuthorityHealth; left: number | null },
): Authority[] {
  const [preferred, ...others] = authorities
  if (preferred === undefined) return []
  const isPreferredDown = isDown(healthOf(preferred.name))
  const isLate = left !== null && left < FALLBACK_SHARE
  const takesOthers = isLate || (left === null && isPreferredDown)
  const up = (authority: Authority) => !isDown(healthOf(authority.name))
  return [...(isPreferredDown ? [] : [preferred]), ...(takesOthers ? others.filter(up) : [])]
}
