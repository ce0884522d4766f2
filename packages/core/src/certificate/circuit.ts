import { HOUR, MINUTE, SECOND, after } from '../clock.ts'

/** How an authority fares, as the fleet knows it: one row of `ca_health`. */
export interface AuthorityHealth {
  /** Calls in a row that it did not answer as it should. */
  failures: number
  /** Since when nobody but a probe asks it; null while everybody may. */
  downSince: Date | null
  /** When the next probe may go. */
  probeAt: Date | null
}

export const HEALTHY: AuthorityHealth = { failures: 0, downSince: null, probeAt: null }

/** One lost answer is nobody's outage. */
const OPENS_AFTER = 5
const FIRST_PROBE_MS = 30 * SECOND
const LONGEST_PROBE_MS = 5 * MINUTE
/** After a short outage, everybody who waited comes back within this time, and a launch after any. */
const RETURN_OVER_MS = 5 * MINUTE
/** A certificate with its whole life before it could wait for so long; one with less left waits for less. */
const LONGEST_WAIT_MS = 6 * HOUR

export const isDown = ({ downSince }: AuthorityHealth): boolean => downSince !== null

export function afterFailure(health: AuthorityHealth, now: Date): AuthorityHealth {
  // Before the first probe, it is one who asked when nobody knew: thirty of them say no more than one does.
  if (health.downSince !== null && now < after(health.downSince, FIRST_PROBE_MS)) return health
  const failures = health.failures + 1
  if (failures < OPENS_AFTER) return { ...health, failures }
  const probes = Math.min(failures - OPENS_AFTER, 10)
  const probeAt = after(now, Math.min(FIRST_PROBE_MS * 2 ** probes, LONGEST_PROBE_MS))
  return { failures, downSince: health.downSince ?? now, probeAt }
}

/** Whether this caller is the one that may look whether the authority is back; the state says so to all others. */
export function beginProbe(health: AuthorityHealth, now: Date): AuthorityHealth | null {
  if (health.downSince === null || health.probeAt === null || health.probeAt > now) return null
  return { ...health, probeAt: after(now, FIRST_PROBE_MS) }
}

/**
 * When somebody who needs the authority comes back: some time after the next probe, the longer the outage lasts the later,
 * and the more urgent the sooner. `left` is what is left of the certificate's lifetime, null for a launch; `random` in
 * [0, 1).
 */
export function backAfterProbe(health: AuthorityHealth, now: Date, left: number | null, random: number): Date {
  const probeAt = health.probeAt !== null && health.probeAt > now ? health.probeAt : now
  const lasts = now.getTime() - (health.downSince ?? now).getTime()
  const patience = left === null ? RETURN_OVER_MS : left * LONGEST_WAIT_MS
  return after(probeAt, SECOND + random * Math.min(Math.max(lasts, RETURN_OVER_MS), patience))
}
