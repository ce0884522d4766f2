import { type JobQueue, SECOND } from '@mooring/core'
import { type Finding, type Readiness, answers, createReadiness } from '@mooring/runtime'
import type { Scheduler } from './scheduler.ts'

/** A candidate asks every second, a leader every five: one that was not answered for this long is neither. */
const FRESH_MS = 15 * SECOND

/**
 * One that stands by is as ready as the one that leads, as long as it would notice that the leader is gone. The broker is
 * a fact: without it notices go out and the sweep goes on, and the promoter waits.
 */
export const schedulerReadiness = (parts: {
  scheduler: Pick<Scheduler, 'isLeading' | 'heardAt'>
  queue: Pick<JobQueue, 'isHealthy'>
  ping: () => Promise<unknown>
}): (() => Promise<Readiness>) =>
  createReadiness({
    database: { weight: 'required', look: answers(parts.ping) },
    office: { weight: 'required', look: () => lookAtOffice(parts.scheduler) },
    broker: {
      weight: 'fact',
      look: () =>
        parts.queue.isHealthy()
          ? { ok: true, found: 'connected' }
          : { ok: false, found: 'not connected, or takes nothing' },
    },
  })

function lookAtOffice({ isLeading, heardAt }: Pick<Scheduler, 'isLeading' | 'heardAt'>): Finding {
  const at = heardAt()
  if (at === null) return { ok: false, found: 'no candidate yet' }
  const silentMs = Date.now() - at.getTime()
  if (silentMs > FRESH_MS) return { ok: false, found: `not answered for ${Math.round(silentMs / SECOND)} s` }
  return { ok: true, found: isLeading() ? 'leading' : 'standing by' }
}
