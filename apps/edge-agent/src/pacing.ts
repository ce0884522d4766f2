/** An apply that ended, by `performance.now()`. */
export interface LastApply {
  endedAt: number
  durationMs: number
}

/** A change that waits to be applied. */
export interface Waiting {
  since: number
  /** When the newest change came that will be in the same apply. */
  newest: number
  /** A name goes on or off HTTPS, or leaves: somebody waits for it. A lone name before its certificate can wait. */
  isUrgent: boolean
}

/** After this long without an apply, the next change goes at once. */
const QUIET_MS = 1_000
/** How long a lone HTTP name waits for company: each apply reads every vhost anew, so two in one cost half. */
const COMPANY_MS = 250
/** Pause after an apply as a part of its duration: in a burst, applying takes half of the time at most. */
const PAUSE = 1
/** When nothing new came for this long the burst is over, and its last names need not sit out the pause. */
const BURST_OVER_MS = 200

/** When a change may be applied: at once after quiet, later while applies follow each other. */
export function dueAt({ since, newest, isUrgent }: Waiting, last: LastApply | null): number {
  if (last === null || since - last.endedAt > QUIET_MS) return since
  const pauseOver = Math.min(last.endedAt + last.durationMs * PAUSE, Math.max(last.endedAt, newest + BURST_OVER_MS))
  return Math.max(pauseOver, isUrgent ? since : since + COMPANY_MS)
}
