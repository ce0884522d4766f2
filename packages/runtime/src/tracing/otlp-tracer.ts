import {
  type Log,
  type NewSpan,
  SECOND,
  type Span,
  type SpanKind as Kind,
  type Tracer,
  formatTraceparent,
  parseTraceparent,
} from '@mooring/core'
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { ATTR_SERVICE_INSTANCE_ID, ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions'
import { presentSpan, within } from './present-span.ts'
import { tellingOfFailures } from './tell-failures.ts'

/** Who is traced. */
export interface Service {
  /** Such as `mooring-api`. */
  service: string
  /** Which one of several; the machine and the process by default. */
  instance?: string
  log: Log
}

interface OtlpOptions extends Required<Service> {
  /** The collector's base; spans go to `/v1/traces` below it. */
  url: string
  headers: Record<string, string>
  /** How many of the traces that begin here are told. */
  ratio: number
}

/** About a megabyte. While the collector is away or too slow, what comes on top is dropped. */
const MOST_WAITING = 2048
const BATCH = 512
const EVERY_MS = 1 * SECOND
const ANSWER_MS = 5 * SECOND
/** A stop waits no longer for a collector. */
const CLOSE_MS = 2 * SECOND

const KINDS: Record<Kind, SpanKind> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
}

/** Spans over OTLP/HTTP, in JSON. They are sent behind everybody's back, in batches: whoever is traced waits for nothing. */
export function createOtlpTracer(options: OtlpOptions): { tracer: Tracer; close(): Promise<void> } {
  const { service, instance, url, headers, ratio, log } = options
  const exporter = new OTLPTraceExporter({
    url: `${url.replace(/\/+$/, '')}/v1/traces`,
    headers,
    timeoutMillis: ANSWER_MS,
    concurrencyLimit: 1,
  })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ [ATTR_SERVICE_NAME]: service, [ATTR_SERVICE_INSTANCE_ID]: instance }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanLimits: { attributeValueLengthLimit: 1024 },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: tellingOfFailures(exporter, log),
        maxQueueSize: MOST_WAITING,
        maxExportBatchSize: BATCH,
        scheduledDelayMillis: EVERY_MS,
        exportTimeoutMillis: ANSWER_MS,
      }),
    ],
  })
  const spans = provider.getTracer('mooring')

  return {
    tracer: {
      start({ name, kind = 'internal', parent, startedAt, facts = {} }) {
        const more = startedAt === undefined ? {} : { startTime: startedAt }
        const settings = { kind: KINDS[kind], attributes: facts, ...more }
        return spanOver(spans.startSpan(name, settings, contextOf(parent)))
      },
      within,
    },
    async close() {
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, CLOSE_MS)
      await Promise.race([provider.shutdown().catch(() => undefined), late])
      clearTimeout(timer)
    },
  }
}

function contextOf(parent: NewSpan['parent']) {
  const context = parseTraceparent(parent ?? presentSpan()?.traceparent)
  if (context === null) return ROOT_CONTEXT
  const { traceId, spanId, isSampled } = context
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}

function spanOver(span: ReturnType<ReturnType<TracerProvider['getTracer']>['startSpan']>): Span {
  const { traceId, spanId, traceFlags } = span.spanContext()
  const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0
  return {
    traceparent: formatTraceparent({ traceId, spanId, isSampled }),
    set: (facts) => void span.setAttributes(facts),
    fail: (message) => void span.setStatus({ code: SpanStatusCode.ERROR, message }),
    end: () => span.end(),
  }
}
