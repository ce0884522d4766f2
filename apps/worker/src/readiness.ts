import type { JobQueue } from '@mooring/core'
import { type Readiness, answers, createReadiness } from '@mooring/runtime'

/** A worker is of use while it gets hints, can claim what they name, and does not stop. */
export const workerReadiness = (parts: {
  queue: Pick<JobQueue, 'isHealthy'>
  stopping: AbortSignal
  ping: () => Promise<unknown>
}): (() => Promise<Readiness>) =>
  createReadiness({
    database: { weight: 'required', look: answers(parts.ping) },
    broker: {
      weight: 'required',
      look: () =>
        parts.queue.isHealthy()
          ? { ok: true, found: 'connected' }
          : { ok: false, found: 'not connected, or takes nothing' },
    },
    work: {
      weight: 'required',
      look: () =>
        parts.stopping.aborted
          ? { ok: false, found: 'draining, takes no new work' }
          : { ok: true, found: 'takes work' },
    },
  })
