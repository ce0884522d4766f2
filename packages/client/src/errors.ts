/** One complaint about one field of a request; `path` is a JSON path such as `target.url`. */
export interface FieldError {
  path: string
  code: string
  message: string
}

/** A problem document (RFC 9457), as Mooring writes it. */
export interface ProblemDocument {
  title: string
  status: number
  code: string
  detail: string
  errors: FieldError[]
  /** Of what is in the way, for some codes. */
  id: string | null
  request_id: string | null
}

/** The server refuses, or has broken; `code` says why. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly status: number
  readonly code: string
  /** All complaints about a request that was not valid. */
  readonly errors: FieldError[]
  readonly problem: ProblemDocument
  /** What the server wants to be waited before another try. */
  readonly retryAfterMs: number | null

  constructor(problem: ProblemDocument, retryAfterMs: number | null) {
    super([problem.detail, ...problem.errors.map(({ path, message }) => `  ${path}: ${message}`)].join('\n'))
    this.status = problem.status
    this.code = problem.code
    this.errors = problem.errors
    this.problem = problem
    this.retryAfterMs = retryAfterMs
  }
}

/** Why there is no answer of a Mooring server. */
export type Silence = 'unreachable' | 'timeout' | 'not_mooring'

/** Nobody answered, or somebody else did. What was asked for may have been done all the same. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
  readonly silence: Silence
  /** Of an answer that was none of Mooring's, such as a proxy's in between. */
  readonly status: number | null

  constructor(message: string, details: { silence: Silence; status?: number; cause?: unknown }) {
    super(message, { cause: details.cause })
    this.silence = details.silence
    this.status = details.status ?? null
  }
}

/** Parses the body of an answer; null when it is no problem document. */
export function readProblem(body: unknown): ProblemDocument | null {
  if (typeof body !== 'object' || body === null) return null
  const { title, status, code, detail, errors, id, request_id: requestId } = body as Record<string, unknown>
  if (typeof status !== 'number' || typeof code !== 'string' || typeof detail !== 'string') return null
  return {
    title: typeof title === 'string' ? title : code,
    status,
    code,
    detail,
    errors: Array.isArray(errors) ? errors.filter(isFieldError) : [],
    id: typeof id === 'string' ? id : null,
    request_id: typeof requestId === 'string' ? requestId : null,
  }
}

function isFieldError(value: unknown): value is FieldError {
  if (typeof value !== 'object' || value === null) return false
  const { path, message } = value as Record<string, unknown>
  return typeof path === 'string' && typeof message === 'string'
}
