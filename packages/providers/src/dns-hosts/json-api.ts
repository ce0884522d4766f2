import { DnsProviderProblem } from '@mooring/core'
import type { z } from 'zod'
import { retryAfterMs } from '../retry-after.ts'

const DEADLINE_MS = 10_000
/** A zone of a hundred thousand records, as the hosts that give whole zones write it. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

interface JsonRequest {
  query?: Record<string, string>
  body?: unknown
  signal: AbortSignal
}

/** A vendor's API: JSON over HTTP with a token in a header. Both methods throw `DnsProviderProblem`, and nothing else. */
export interface JsonApi {
  send(method: Method, path: string, request: JsonRequest): Promise<unknown>
  /** Null when there is no such thing (404). */
  sendIfThere(method: Method, path: string, request: JsonRequest): Promise<unknown>
}

export interface JsonApiOptions {
  /** As its customers call it; begins every message. */
  host: string
  /** Without a slash at the end. */
  url: string
  token: string
  /** Carries the token instead of `Authorization: Bearer`. */
  tokenHeader?: string
  /** What the vendor says in the body of a refusal; empty when it says nothing. */
  complaintIn(body: unknown): string
  /** Refusals of the credentials that come with another status than 401 or 403. */
  isAboutCredentials?(body: unknown): boolean
  /** When the vendor's own header says that the limit ends; `Retry-After` goes first. */
  limitEnds?(headers: Headers): Date | null
}

export function createJsonApi({ host, url, token, tokenHeader, ...vendor }: JsonApiOptions): JsonApi {
  async function exchange(method: Method, path: string, { query, body, signal }: JsonRequest) {
    const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`
    try {
      const response = await fetch(`${url}${path}${search}`, {
        method,
        headers: {
          ...(tokenHeader === undefined ? { authorization: `Bearer ${token}` } : { [tokenHeader]: token }),
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // A redirect would hand the token to somewhere else.
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
      })
      return { status: response.status, headers: response.headers, body: jsonOf(await boundedText(response)) }
    } catch (cause) {
      throw new DnsProviderProblem('unavailable', `${host} cannot be reached (${nameOf(cause)}).`, { cause })
    }
  }

  function problemIn({ status, headers, body }: Awaited<ReturnType<typeof exchange>>): DnsProviderProblem {
    const detail = `${host} answered ${status}: ${vendor.complaintIn(body) || 'no reason given'}`
    if (status === 401 || status === 403 || vendor.isAboutCredentials?.(body) === true) {
      return new DnsProviderProblem('unauthorized', detail)
    }
    if (status === 429) {
      const pauseMs = retryAfterMs(headers.get('retry-after') ?? undefined)
      const retryAt = pauseMs === null ? (vendor.limitEnds?.(headers) ?? null) : new Date(Date.now() + pauseMs)
      return new DnsProviderProblem('rate_limited', detail, { retryAt })
    }
    return new DnsProviderProblem(status >= 400 && status < 500 ? 'refused' : 'unavailable', detail)
  }

  async function sendIfThere(method: Method, path: string, request: JsonRequest): Promise<unknown> {
    const answer = await exchange(method, path, request)
    if (answer.status === 404) return null
    if (answer.status < 200 || answer.status > 299) throw problemIn(answer)
    return answer.body
  }

  return {
    sendIfThere,
    async send(method, path, request) {
      const answer = await exchange(method, path, request)
      if (answer.status < 200 || answer.status > 299) throw problemIn(answer)
      return answer.body
    },
  }
}

/** The answer as its schema has it, or `unavailable`: what the vendor never documented is not acted upon. */
export function understand<Schema extends z.ZodType>(host: string, schema: Schema, answer: unknown): z.output<Schema> {
  const parsed = schema.safeParse(answer)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`
  throw new DnsProviderProblem('unavailable', `${host} gave an answer that is not as documented (${where}).`)
}

/** Throws as soon as more came than any answer has; the rest is not read. */
async function boundedText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) throw new RangeError(`more than ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Text that is no JSON is undefined, which no schema takes. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `fetch` hides what happened in the cause. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if (error instanceof RangeError) return error.message
  if (error.cause instanceof Error) return nameOf(error.cause)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
