/** An apply that ended, by `performance.now()`. */
export interface LastApply {
  endedAt: number
  durationMs: number
}

/** A change that waits to be applied. */
export interface Waiting {
  since: number
  /** A name goes on or off HTTPS, or leaves: somebody waits for it. A lone name before its certificate can wait. */
  isUrgent: boolean
}

/** After this long without an apply, the next change goes at once. */
const QUIET_MS = 1_000
/** How long a lone HTTP name waits for company: each apply reads every vhost anew, so two in one cost half. */
const COMPANY_MS = 250
/** Pause after an apply as a part of its duration: applying takes two thirds of the time at most. */
const PAUSE = 0.5

/** When a change may be applied: at once after quiet, later while applies follow each other. */
export function dueAt({ since, isUrgent }: Waiting, last: LastApply | null): number {
  if (last === null || since - last.endedAt > QUIET_MS) return since
  const afterPause = last.endedAt + last.durationMs * PAUSE
  return Math.max(afterPause, isUrgent ? since : since + COMPANY_MS)
}
