import { AsyncLocalStorage } from 'node:async_hooks'
import { type Span, parseTraceparent } from '@mooring/core'

/** Of the process: the logger is made before anything else, and its lines are to name the trace they were written in. */
const present = new AsyncLocalStorage<Span>()

export const presentSpan = (): Span | undefined => present.getStore()

export const within = <T>(span: Span, work: () => T): T => present.run(span, work)

/** For a log line. */
export function presentTrace(): { trace_id?: string } {
  const context = parseTraceparent(presentSpan()?.traceparent)
  return context === null ? {} : { trace_id: context.traceId }
}
