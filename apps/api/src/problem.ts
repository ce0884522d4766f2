import { AppError, ERRORS, type ErrorCode, type FieldError } from '@mooring/core'

/** An error document of RFC 9457: what every answer from 400 up carries, as `application/problem+json`. */
export interface Problem {
  type: string
  title: string
  status: number
  code: ErrorCode
  /** One sentence about this occurrence, safe to show. */
  detail: string
  errors?: FieldError[]
  /** Of the domain that is in the way, where the caller may know it. */
  id?: string
  request_id: string
}

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** A refusal that says more than its sentence: the id of what is in the way, headers that belong to the status. */
export class Refusal extends AppError {
  override readonly name = 'Refusal'
  readonly id: string | undefined
  readonly headers: Record<string, string>

  constructor(code: ErrorCode, message: string, more: { id?: string; headers?: Record<string, string> } = {}) {
    super(code, message)
    this.id = more.id
    this.headers = more.headers ?? {}
  }
}

export const notFound = (what: string): Refusal => new Refusal('NOT_FOUND', `There is no such ${what}.`)

/** Every fault of a request at once. Adapters that refuse a value do so in the same form. */
export const invalid = (errors: FieldError[]): AppError =>
  new AppError('INVALID', errors.length === 1 ? 'One field is not valid.' : `${errors.length} fields are not valid.`, {
    facts: { errors },
  })

/** Both schemes are taken (RFC 6750 §2.1, RFC 7617): one challenge each (RFC 9110 §11.6.1). */
export const unauthorized = (detail: string): Refusal =>
  new Refusal('UNAUTHORIZED', detail, {
    headers: { 'www-authenticate': 'Bearer realm="mooring", Basic realm="mooring", charset="UTF-8"' },
  })

// What Fastify refuses before a handler runs (https://fastify.dev/docs/latest/Reference/Errors/).
const FRAMEWORK_ERRORS: Record<string, [ErrorCode, string]> = {
  FST_ERR_BAD_URL: ['BAD_REQUEST', 'The path is not valid percent-encoding.'],
  FST_ERR_MAX_PARAM_LENGTH: ['NOT_FOUND', 'There is nothing at this address.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['PAYLOAD_TOO_LARGE', 'A body has at most 1 MB.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['BAD_REQUEST', 'The body is not as long as Content-Length says.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['BAD_REQUEST', 'The body is not JSON.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.'],
  FST_ERR_HANDLER_TIMEOUT: ['DEPENDENCY_UNAVAILABLE', 'This took too long; try again shortly.'],
}

/** Any error as one with a code of ours. What nobody foresaw is `INTERNAL`. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  const { code = '', statusCode = 500 } = error as { code?: string; statusCode?: number }
  const known = FRAMEWORK_ERRORS[code]
  if (known !== undefined) return new AppError(known[0], known[1], { cause: error })
  if (statusCode >= 400 && statusCode < 500) {
    return new AppError('BAD_REQUEST', 'The request cannot be understood.', { cause: error })
  }
  return new AppError('INTERNAL', 'Something broke on our side.', { cause: error })
}

const RETRY_AFTER_SECONDS = '5'

/** The document and the headers for an error. A 500 says nothing of its cause: the request id finds that in the log. */
export function describeProblem(
  error: AppError,
  requestId: string,
): { problem: Problem; headers: Record<string, string> } {
  const { status, title } = ERRORS[error.code]
  const { id, headers = {} } = error instanceof Refusal ? error : {}
  const errors = error.code === 'INVALID' ? (error.facts['errors'] as FieldError[] | undefined) : undefined
  const problem: Problem = {
    type: `urn:mooring:problem:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    code: error.code,
    detail: status === 500 ? 'Something broke on our side. The request id finds it in the log.' : error.message,
    ...(errors === undefined ? {} : { errors }),
    ...(id === undefined ? {} : { id }),
    request_id: requestId,
  }
  const retry = status === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {}
  return { problem, headers: { ...retry, ...headers, 'content-type': PROBLEM_TYPE } }
}
