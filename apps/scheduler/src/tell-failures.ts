import type { Clock, Log } from '@mooring/core'
import type { Notices } from '@mooring/postgres'

const POLL_MS = 1_000

export interface Telling {
  notices: Notices
  /** Channels that get a delivery of each message; none means that only the log tells. */
  channels: readonly string[]
  windowMs: number
  clock: Clock
  log: Log
  /** Called when deliveries were written. */
  onDeliveries: () => void
}

/** Makes one turn of grouping: what became due is told in the log and left as deliveries for the channels. */
export function createTeller({
  notices,
  channels,
  windowMs,
  clock,
  log,
  onDeliveries,
}: Telling): () => Promise<number> {
  return async function tell() {
    const now = clock.now()
    if (!(await notices.isDue(now))) return POLL_MS
    const told = await notices.group({ now, windowMs, channels })
    for (const { kind, groupKey, count, sample } of told) {
      log.warn(
        { kind, code: groupKey, count, domainId: sample.domainId, hostname: sample.hostname },
        'domains in trouble',
      )
    }
    if (told.length > 0) onDeliveries()
    return POLL_MS
  }
}
