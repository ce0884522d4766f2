import { type JobQueue, type Tracer, inSpan } from '@mooring/core'
import { presentSpan } from './present-span.ts'

/** The queue, whose publishing is seen within a request. What nobody asked for is published all day and not seen. */
export const traceQueue = <Queue extends JobQueue>(queue: Queue, tracer: Tracer): Queue => ({
  ...queue,
  publish(hints) {
    if (presentSpan() === undefined) return queue.publish(hints)
    const facts = { 'messaging.system': 'rabbitmq', 'messaging.batch.message_count': hints.length }
    return inSpan(tracer, { name: 'publish hints', kind: 'producer', facts }, async (span) => {
      const answer = await queue.publish(hints)
      if (answer.unconfirmed > 0) span.fail(`${answer.unconfirmed} unconfirmed`)
      return answer
    })
  },
})
