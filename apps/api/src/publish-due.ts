import type { Dispatch, JobQueue } from '@mooring/core'
import type { Logger } from '@mooring/runtime'

/** Tells workers about domains that an intent or a report has just made due. */
export interface DuePublisher {
  /** Returns at once: the caller's answer waits for no broker. */
  publishDue(domainIds: string[]): void
  /** Resolves when everything begun so far has ended. */
  settled(): Promise<void>
}

/**
 * The rows are committed and due, so whatever goes wrong here costs latency only: the scheduler finds them. While the
 * broker is away the rows are not even marked as hinted, and go out as soon as it is back.
 */
export function createDuePublisher({
  dispatch,
  queue,
  log,
}: {
  dispatch: Dispatch
  queue: JobQueue
  log: Logger
}): DuePublisher {
  const running = new Set<Promise<void>>()

  async function publish(domainIds: string[]): Promise<void> {
    try {
      const hints = await dispatch.takeDue({ limit: domainIds.length, only: domainIds })
      const { unconfirmed } = await queue.publish(hints)
      if (unconfirmed > 0) log.warn({ unconfirmed }, 'hints unconfirmed')
    } catch (err) {
      log.warn({ err, domains: domainIds.length }, 'hints left to the scheduler')
    }
  }

  return {
    publishDue(domainIds) {
      if (domainIds.length === 0 || !queue.isHealthy()) return
      const task = publish(domainIds).finally(() => running.delete(task))
      running.add(task)
    },
    async settled() {
      await Promise.all(running)
    },
  }
}
