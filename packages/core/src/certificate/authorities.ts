import type { AuthorityHealth } from './circuit.ts'
import { isDown } from './circuit.ts'
import type { Authority } from '../ports.ts'
import { FALLBACK_SHARE } from './renewal.ts'

/** How an authority fares, as somebody sees it who has an order for it. */
export interface Standing {
  health: AuthorityHealth
  /** It is down, and this caller is the one to see whether it is back. */
  isProbed: boolean
}

/**
 * The authorities that an order may go to now, the preferred one first. Another one is taken while the first is down, or
 * when less than a quarter of the lifetime is left, and never because a validation failed: that would fail there, too. A
 * renewal with time enough waits for the one it knows. Whoever probes goes to the first one before any other.
 */
export function eligible(
  authorities: readonly Authority[],
  { standingOf, left }: { standingOf: (ca: string) => Standing; left: number | null },
): Authority[] {
  const [preferred, ...others] = authorities
  if (preferred === undefined) return []
  const isLate = left !== null && left < FALLBACK_SHARE
  const takesOthers = isLate || (left === null && isDown(standingOf(preferred.name).health))
  const mayBeAsked = ({ name }: Authority) => !isDown(standingOf(name).health) || standingOf(name).isProbed
  return [preferred, ...(takesOthers ? others : [])].filter(mayBeAsked)
}
