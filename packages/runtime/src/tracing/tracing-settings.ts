import { z } from 'zod'
import { parseHeaders } from './parse-headers.ts'
import { field, secret, url } from '../settings.ts'

/** Fields to spread into the schema of every app that traces. */
export const tracingSettings = {
  /** Base of an OTLP/HTTP collector, such as `http://127.0.0.1:4318`; without it nothing is traced. */
  MOORING_OTLP_URL: url('http', 'https').optional(),
  /** Sent to the collector, as `name=value,name=value`. */
  MOORING_OTLP_HEADERS: secret(field('expected name=value, separated by commas', parseHeaders)).optional(),
  /** How many of the traces that begin here are told, from 0 to 1. A caller who brings a traceparent has decided. */
  MOORING_TRACE_SAMPLE_RATIO: z
    .string()
    .regex(/^(?:0(?:\.\d+)?|1(?:\.0+)?)$/, 'expected a number from 0 to 1')
    .transform(Number)
    .default(1),
}

export type TracingConfig = z.output<z.ZodObject<typeof tracingSettings>>
