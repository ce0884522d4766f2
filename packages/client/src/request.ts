import { NoAnswerError, ProblemError, readProblem } from './errors.ts'
import { pause } from './pause.ts'
import { type RetryOptions, retryAfterOf, waitBeforeRetry } from './retry.ts'

/** A server of Mooring, and how it is spoken to. */
export interface Connection {
  baseUrl: URL
  apiKey: string
  fetch: typeof globalThis.fetch
  /** For each try. */
  timeoutMs: number
  retry: RetryOptions
}

/** One call, whatever it is. */
export interface Request extends CallOptions {
  method: string
  /** Percent-encoded, with its query. */
  path: string
  body?: unknown
  headers?: Record<string, string>
}

export interface CallOptions {
  /** Of a POST; made up when left out. The same key with the same body is done once, within 24 hours. */
  idempotencyKey?: string | undefined
  /** Only while the thing is still as it was read: the ETag of then. 412 otherwise. */
  ifMatch?: string | undefined
  /** Why a person wants it, for the audit. */
  reason?: string | undefined
  signal?: AbortSignal | undefined
}

/** An answer as it came. `body` is parsed JSON, else text; null when there is none. */
export interface Answer {
  status: number
  headers: Headers
  body: unknown
}

const MAX_BODY_BYTES = 64_000_000

/** Sends until there is an answer that is worth having. Throws `ProblemError` or `NoAnswerError`, or the signal's reason. */
export async function request(connection: Connection, call: Request): Promise<Answer> {
  const isRepeatable = call.method === 'GET' || call.method === 'POST' || call.method === 'PUT'
  const idempotencyKey = call.method === 'POST' ? (call.idempotencyKey ?? crypto.randomUUID()) : undefined
  for (let attempt = 1; ; attempt++) {
    try {
      return await send(connection, { ...call, idempotencyKey })
    } catch (error) {
      const waitMs = waitBeforeRetry(error, { attempt, isRepeatable, retry: connection.retry })
      if (waitMs === null) throw error
      await pause(waitMs, call.signal)
    }
  }
}

async function send(connection: Connection, call: Request): Promise<Answer> {
  const response = await open(connection, call, AbortSignal.timeout(connection.timeoutMs))
  const text = await orSilence(connection, call.signal, () => readText(response))
  return judge(connection, response, text)
}

/** The answer's head; its body is still to be read. A redirect would carry the key to somebody else, so none is followed. */
export function open(connection: Connection, call: Request, deadline?: AbortSignal): Promise<Response> {
  const { method, path, body, signal } = call
  const signals = [deadline, signal].filter((one) => one !== undefined)
  return orSilence(connection, signal, () =>
    connection.fetch(new URL(path, connection.baseUrl), {
      method,
      headers: headersOf(connection, call),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.any(signals),
    }),
  )
}

/** As `open`, for an answer that is no refusal. */
export async function openAnswer(connection: Connection, call: Request): Promise<Response> {
  const response = await open(connection, call)
  if (response.status >= 400) judge(connection, response, await response.text())
  return response
}

function headersOf(
  { apiKey }: Connection,
  { body, headers, idempotencyKey, ifMatch, reason }: Request,
): Record<string, string> {
  const type = typeof body === 'string' ? 'application/x-ndjson' : 'application/json'
  return {
    ...headers,
    authorization: `Bearer ${apiKey}`,
    ...(body === undefined ? {} : { 'content-type': type }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    ...(reason === undefined ? {} : { 'x-reason': encodeURIComponent(reason) }),
  }
}

/** What goes wrong on the way becomes `NoAnswerError`; what the caller's signal ends throws its reason. */
export async function orSilence<Value>(
  { baseUrl, timeoutMs }: Connection,
  signal: AbortSignal | undefined,
  work: () => Promise<Value>,
): Promise<Value> {
  try {
    return await work()
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof NoAnswerError) throw cause
    if (cause instanceof DOMException && cause.name === 'TimeoutError') {
      const message = `${baseUrl.host} does not answer within ${timeoutMs / 1000} s`
      throw new NoAnswerError(message, { silence: 'timeout', cause })
    }
    throw new NoAnswerError(`${baseUrl.host} cannot be reached`, { silence: 'unreachable', cause })
  }
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  const reader = response.body?.getReader()
  let text = ''
  for (let bytes = 0; ; ) {
    const chunk = await reader?.read()
    if (chunk === undefined || chunk.done) return text + decoder.decode()
    bytes += chunk.value.byteLength
    if (bytes > MAX_BODY_BYTES) {
      await reader?.cancel()
      throw new NoAnswerError('The answer is too long to be one', { silence: 'not_mooring', status: response.status })
    }
    text += decoder.decode(chunk.value, { stream: true })
  }
}

/** Throws what an answer of status 400 and above says. */
export function judge({ baseUrl }: Connection, { status, headers }: Response, text: string): Answer {
  const body = parseBody(text, headers.get('content-type') ?? '')
  if (status < 400 && body.kind === 'read') return { status, headers, body: body.value }
  const problem = body.kind === 'read' ? readProblem(body.value) : null
  if (problem !== null) throw new ProblemError(problem, retryAfterOf(headers.get('retry-after')))
  const message = `${baseUrl.host} answers with status ${status}, but not as a server of Mooring does`
  throw new NoAnswerError(message, { silence: 'not_mooring', status })
}

function parseBody(text: string, type: string): { kind: 'read'; value: unknown } | { kind: 'unreadable' } {
  if (text === '') return { kind: 'read', value: null }
  if (/^(application\/x-ndjson|text\/(csv|plain))\b/.test(type)) return { kind: 'read', value: text }
  try {
    return { kind: 'read', value: JSON.parse(text) }
  } catch {
    return { kind: 'unreadable' }
  }
}
