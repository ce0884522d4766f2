/**
 * The one error type. What is expected (a record not there yet, a CA asking to wait) is a value, never an error;
 * an `AppError` is something broken or refused, with a stable code, a sentence that is safe to show, and its cause.
 */
export class AppError extends Error {
  override readonly name: string = 'AppError'
  readonly code: ErrorCode
  /** Facts for the log; never shown to a caller. */
  readonly facts: Record<string, unknown>

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; facts?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.facts = options.facts ?? {}
  }
}

/** Every code an `AppError` may carry, with the HTTP status (RFC 9110) and the title a caller sees. */
export const ERRORS = {
  BAD_REQUEST: { status: 400, title: 'The request is not well-formed' },
  UNAUTHORIZED: { status: 401, title: 'An API key is needed' },
  FORBIDDEN: { status: 403, title: 'This key may not do that' },
  ORIGIN_REFUSED: { status: 403, title: 'A change with a cookie comes from the dashboard’s own pages only' },
  NOT_FOUND: { status: 404, title: 'There is no such thing' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This address does not take that method' },
  CONFLICT: { status: 409, title: 'The request conflicts with the present state' },
  HOSTNAME_EXISTS: { status: 409, title: 'This hostname is already registered' },
  IDEMPOTENCY_IN_FLIGHT: { status: 409, title: 'A request with this Idempotency-Key is still running' },
  ZONE_EXISTS: { status: 409, title: 'This zone is already managed' },
  ZONE_IN_USE: { status: 409, title: 'Domains have their records in this zone' },
  SERVICE_IN_USE: { status: 409, title: 'Domains have this service as their target' },
  WRONG_STATE: { status: 409, title: 'The domain is in a state that does not allow this' },
  PRECONDITION_FAILED: { status: 412, title: 'It has changed since it was read' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The body has a media type this address does not take' },
  IDEMPOTENCY_MISMATCH: { status: 422, title: 'This Idempotency-Key was used with another body' },
  INVALID: { status: 422, title: 'The request has fields that are not valid' },
  TOO_MANY_REQUESTS: { status: 429, title: 'Too much is asked at once' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  INTERNAL: { status: 500, title: 'Something broke on our side' },
  DATABASE_UNAVAILABLE: { status: 503, title: 'The database cannot be reached' },
  BROKER_UNAVAILABLE: { status: 503, title: 'The message broker cannot be reached' },
  DEPENDENCY_UNAVAILABLE: { status: 503, title: 'A service this needs cannot be reached' },
  STALE_LEASE: { status: 500, title: 'A newer worker owns this domain' },
} as const satisfies Record<string, { status: number; title: string }>

export type ErrorCode = keyof typeof ERRORS

/** One field's complaint, as listed in a problem document's `errors`. `path` is a JSON path such as `target.url`. */
export interface FieldError {
  path: string
  code: string
  message: string
}

/** A parser's answer: the typed value, or every complaint about the input. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; code: string; message: string }

export const parsed = <T>(value: T): Parsed<T> => ({ ok: true, value })
export const refused = <T>(code: string, message: string): Parsed<T> => ({ ok: false, code, message })
