import type { NewSpan, Span, Tracer } from '../ports/tracer.ts'

const NO_SPAN: Span = { traceparent: null, set: () => {}, fail: () => {}, end: () => {} }

/** Where nothing is traced. */
export const noTracer: Tracer = { start: () => NO_SPAN, within: (_span, work) => work() }

/** Runs `work` as a span that ends with it; what `work` throws has failed the span, too. */
export async function inSpan<T>(tracer: Tracer, given: NewSpan, work: (span: Span) => Promise<T>): Promise<T> {
  const span = tracer.start(given)
  try {
    return await tracer.within(span, () => work(span))
  } catch (error) {
    span.fail(error instanceof Error ? error.message : String(error))
    throw error
  } finally {
    span.end()
  }
}
