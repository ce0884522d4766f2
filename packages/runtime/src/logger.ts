import { type DestinationStream, type Logger, pino } from 'pino'
import { presentTrace } from './tracing/present-span.ts'

export type { Logger } from 'pino'

// Keys of fields whose values are secret wherever somebody logs them, at the top or one or two objects down.
const SECRET_FIELDS = [
  'authorization',
  'Authorization',
  'apiKey',
  'token',
  'keyPem',
  'keyAuthorization',
  'encryptionKey',
  'credentials',
  'password',
  'secret',
  'databaseUrl',
  'amqpUrl',
]

/**
 * JSON lines on standard output, in `file`, or to `destination`: static message, facts as fields, secrets replaced. Made
 * before the configuration is read, so that a bad one can be told; set `log.level` from it afterwards. What is logged within
 * a span names its trace.
 */
export function createLogger(options: {
  name: string
  level?: string
  file?: string
  destination?: DestinationStream
}): Logger {
  const { name, level = 'info', file, destination } = options
  const settings = {
    name,
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: describeError },
    mixin: presentTrace,
    redact: {
      paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      censor: '[redacted]',
    },
  }
  if (destination !== undefined) return pino(settings, destination)
  return pino(settings, pino.destination({ dest: file ?? 1, append: true, mode: 0o600, sync: true }))
}

/** What helps to find a fault, and nothing else: a driver's error may carry its client, with all that one holds. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { name, message, stack, cause } = error
  const { code, facts } = error as { code?: unknown; facts?: unknown }
  return {
    type: name,
    message,
    ...(code === undefined ? {} : { code }),
    ...(facts === undefined ? {} : { facts }),
    stack,
    ...(cause === undefined ? {} : { cause: describeError(cause) }),
  }
}
