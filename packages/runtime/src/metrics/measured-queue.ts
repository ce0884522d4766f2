import type { JobQueue } from '@mooring/core'
import type { Meter } from './meter.ts'

/** The queue, with what is published counted and the broker's standing shown. */
export function measureQueue<Queue extends JobQueue>(queue: Queue, meter: Meter): Queue {
  meter.onScrape(() => meter.set('mooring_broker_up', {}, queue.isHealthy() ? 1 : 0))
  return {
    ...queue,
    async publish(hints) {
      const answer = await queue.publish(hints)
      meter.count('mooring_hints_total', { result: 'confirmed' }, answer.confirmed)
      meter.count('mooring_hints_total', { result: 'unconfirmed' }, answer.unconfirmed)
      return answer
    },
  }
}
