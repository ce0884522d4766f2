import { DAY, type Dispatch, type JobQueue, type Log } from '@mooring/core'
import type { Workers } from '@mooring/postgres'

/** How long due work may wait when every notification is lost. */
const POLL_MS = 1_000
/** Soon enough for workers not to run dry: a queue that is full holds several rounds of work for each slot. */
const CROWDED_MS = 100
const BATCH = 500
/** Hints in the broker per slot: a deep queue would serve whoever came first, not whoever is most urgent or fair. */
const HINTS_PER_SLOT = 4
/** For workers that start: they find something to do. */
const LEAST_HINTS = 64
// Due times are by the database’s clock: only what is further away than clocks can differ is surely not due. There the
// poll of an idle fleet ends, after one small query.
const CLOCKS_DIFFER_MS = DAY
const SLOTS_KNOWN_FOR_MS = 5_000

export interface Promotion {
  dispatch: Dispatch
  queue: Pick<JobQueue, 'publish' | 'depth' | 'isHealthy'>
  workers: Pick<Workers, 'liveSlots'>
  log: Log
}

/**
 * Makes one turn of the promoter: hints as much due work as the queues have room for, and returns the milliseconds
 * until there is something to do again.
 *
 * While the broker is away or full nothing is taken from Postgres: work waits there in its order, and a hint that is
 * not sent need not be repeated.
 */
export function createPromoter({ dispatch, queue, workers, log }: Promotion): () => Promise<number> {
  const mostHints = capacityOf(workers)
  let isConfirming = true

  return async function promote() {
    if (!queue.isHealthy()) return POLL_MS
    const dueAt = await dispatch.nextDueAt()
    if (dueAt === null || dueAt.getTime() - Date.now() > CLOCKS_DIFFER_MS) return POLL_MS
    const depth = await queue.depth()
    if (depth === null) return POLL_MS
    const most = await mostHints()
    const room = most - Object.values(depth).reduce((sum, messages) => sum + messages, 0)
    if (room < most / 4) return CROWDED_MS

    const limit = Math.min(room, BATCH)
    const hints = await dispatch.takeDue({ limit })
    if (hints.length === 0) return untilDue(dueAt)
    const { unconfirmed } = await queue.publish(hints)
    if (unconfirmed > 0 && isConfirming) log.warn({ unconfirmed }, 'hints not confirmed, they are repeated later')
    isConfirming = unconfirmed === 0
    if (!isConfirming) return POLL_MS
    return hints.length === limit ? 0 : untilDue(await dispatch.nextDueAt())
  }
}

// The poll bounds what a difference of the clocks can cost. Something that is due and was not taken is in other hands
// at this moment, or the clocks differ: look again, but not at once.
function untilDue(dueAt: Date | null): number {
  if (dueAt === null) return POLL_MS
  const ms = dueAt.getTime() - Date.now()
  return ms > 0 ? Math.min(ms, POLL_MS) : CROWDED_MS
}

function capacityOf(workers: Promotion['workers']): () => Promise<number> {
  let known = { most: LEAST_HINTS, until: 0 }
  return async () => {
    if (Date.now() >= known.until) {
      const most = Math.max(LEAST_HINTS, HINTS_PER_SLOT * (await workers.liveSlots()))
      known = { most, until: Date.now() + SLOTS_KNOWN_FOR_MS }
    }
    return known.most
  }
}
