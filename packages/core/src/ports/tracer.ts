/** What a span says of itself, under the field's names where there are such (`http.response.status_code`). */
export type SpanFacts = Record<string, string | number | boolean>

export type SpanKind = 'internal' | 'server' | 'client' | 'producer'

export interface NewSpan {
  name: string
  /** `internal` by default. */
  kind?: SpanKind
  /** W3C traceparent of what it is a part of; without one the span it is started within, if any. Malformed counts as none. */
  parent?: string | null | undefined
  /** When it began, if not now. */
  startedAt?: Date
  facts?: SpanFacts
}

/** One piece of work, seen from when it begins until it ends. */
export interface Span {
  /** W3C traceparent: what is a part of this work elsewhere names it. Null where nothing is traced. */
  readonly traceparent: string | null
  set(facts: SpanFacts): void
  /** What broke. It still has to end. */
  fail(why: string): void
  end(): void
}

/** Tells a collector how long what took, and what belongs together. Nothing waits for it, and nothing fails with it. */
export interface Tracer {
  /** The caller ends it. */
  start(span: NewSpan): Span
  /** What is started within `work`, and whatever that awaits, is a part of the span. */
  within<T>(span: Span, work: () => T): T
}

/** Keeps the trace of a domain's work between its steps. */
export interface TraceStore {
  /** From now on the work of those domains that are due now belongs to this span, given as its traceparent. */
  join(domainIds: readonly string[], traceparent: string): Promise<void>
}
