import { hostname } from 'node:os'
import { type Tracer, noTracer } from '@mooring/core'
import type { Service } from './otlp-tracer.ts'
import type { TracingConfig } from './tracing-settings.ts'

export interface OpenTracer {
  tracer: Tracer
  /** Whether anybody hears of it. */
  isOn: boolean
  /** Sends what is left, for a moment. Never rejects. */
  close(): Promise<void>
}

/** The tracer of one process. Where no collector is named, OpenTelemetry is not even loaded. */
export async function openTracer(config: TracingConfig, service: Service): Promise<OpenTracer> {
  const url = config.MOORING_OTLP_URL
  if (url === undefined) return { tracer: noTracer, isOn: false, close: async () => {} }
  const { createOtlpTracer } = await import('./otlp-tracer.ts')
  const tracer = createOtlpTracer({
    instance: `${hostname()}-${process.pid}`,
    ...service,
    url,
    headers: config.MOORING_OTLP_HEADERS ?? {},
    ratio: config.MOORING_TRACE_SAMPLE_RATIO,
  })
  return { ...tracer, isOn: true }
}
