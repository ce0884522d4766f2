import type { Clock, Log } from '@mooring/core'
import type { NoticeRules, Notices } from '@mooring/postgres'

const POLL_MS = 1_000

export interface Telling {
  notices: Notices
  /** Without channels, only the log tells. */
  rules: NoticeRules
  clock: Clock
  log: Log
  /** Called when messages may have been written. */
  onDeliveries: () => void
}

/** Makes one turn of grouping: what became due is told in the log and left as deliveries for the channels. */
export function createTeller({ notices, rules, clock, log, onDeliveries }: Telling): () => Promise<number> {
  return async function tell() {
    const now = clock.now()
    if (!(await notices.isDue(now, rules))) return POLL_MS
    const told = await notices.group({ now, ...rules })
    for (const { kind, topic, count, sample } of told) {
      log.warn(
        { kind, code: topic.code, group: topic.key, count, domainId: sample.domainId, hostname: sample.hostname },
        'domains in trouble',
      )
    }
    onDeliveries()
    return POLL_MS
  }
}
