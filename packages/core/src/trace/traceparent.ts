/** Where a span stands: what `traceparent` carries (W3C Trace Context, "traceparent Header"). */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all zero. */
  traceId: string
  /** 16 of them, not all zero. */
  spanId: string
  /** Whether the span is told of. What is a part of it goes the same way, so that a trace is told whole or not at all. */
  isSampled: boolean
}

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const ALL_ZERO = /^0+$/
const SAMPLED = 0x01

/**
 * Null for what is not one: whoever sent it is answered all the same, and a trace begins here. A version to come may have
 * more at its end; version 00 has not, and ff is none (§"Versioning of traceparent").
 */
export function parseTraceparent(text: unknown): TraceContext | null {
  if (typeof text !== 'string') return null
  const [, version, traceId = '', spanId = '', flags = '', more] = FORM.exec(text.trim()) ?? []
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return null
  if (ALL_ZERO.test(traceId) || ALL_ZERO.test(spanId)) return null
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED }
}

export const formatTraceparent = ({ traceId, spanId, isSampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`

/** Of a trace that is told of; null for one that nobody will find. */
export function tracedIdOf(traceparent: string | null | undefined): string | null {
  const context = parseTraceparent(traceparent)
  return context?.isSampled === true ? context.traceId : null
}
