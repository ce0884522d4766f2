import { readFileSync } from 'node:fs'
import { CaProblem } from '@mooring/core'
import { Agent } from 'undici'
import { type Answer, AnswerTooLarge, DeadlinePassed, exchange } from './exchange.ts'

export type { Answer } from './exchange.ts'

interface Call {
  /** In the words of RFC 8555, such as `newOrder`, for whoever watches. */
  what: string
  method: 'GET' | 'HEAD' | 'POST'
  url: string
  /** A JWS in JSON, for POST. */
  body?: string
  signal: AbortSignal
}

export interface Transport {
  /**
   * One exchange, bounded in time and size. Throws `CaProblem` of type `unreachable` or `unexpectedAnswer`, and the
   * signal's reason when the caller gave up.
   */
  send(call: Call): Promise<Answer>
  close(): Promise<void>
}

export interface TransportOptions {
  /** Every URL must be https or of this URL's origin (a CA may name only addresses as safe as the one we were given). */
  directoryUrl: string
  /** Roots to trust for the CA's own HTTPS, PEM; the system's when absent. */
  caFile?: string | undefined
  connections: number
  deadlineMs: number
}

/** Directories, orders and chains are a few kB; nothing larger is read. */
const MAX_ANSWER_BYTES = 256 * 1024
/** Below the idle limits of the usual front ends, so that few requests meet a closing connection. */
const KEEP_ALIVE_MS = 10_000
/** RFC 8555 §6.1 asks for both. */
const HEADERS = { 'user-agent': 'Mooring/0.1', 'accept-language': 'en' }
const JOSE_HEADERS = { ...HEADERS, 'content-type': 'application/jose+json' }
/** What a connection says that the other side closed while it was idle. */
const CLOSED_CODES = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

export function createTransport({ directoryUrl, caFile, connections, deadlineMs }: TransportOptions): Transport {
  const directoryOrigin = new URL(directoryUrl).origin
  const agent = new Agent({
    connections,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: deadlineMs, ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }) },
  })

  return {
    async send({ method, url, body, signal }) {
      const { origin, pathname, search } = allowedUrl(url, directoryOrigin)
      const request = { origin, path: pathname + search, method, ...content(body) }
      signal.throwIfAborted()
      try {
        return await exchange(agent, request, { maxBytes: MAX_ANSWER_BYTES, deadlineMs, signal })
      } catch (error) {
        signal.throwIfAborted()
        throw toCaProblem(error, url)
      }
    },
    close: () => agent.destroy(),
  }
}

const content = (body: string | undefined) =>
  body === undefined ? { headers: HEADERS } : { headers: JOSE_HEADERS, body }

function allowedUrl(text: string, directoryOrigin: string): URL {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.origin !== directoryOrigin) || url.username !== '') {
    throw new CaProblem('unexpectedAnswer', `The CA named an address that is not https: ${text.slice(0, 200)}`)
  }
  return url
}

function toCaProblem(cause: unknown, url: string): CaProblem {
  const { host } = new URL(url)
  if (cause instanceof AnswerTooLarge) {
    return new CaProblem('unexpectedAnswer', `${host} answers with ${cause.message}.`, { cause })
  }
  if (cause instanceof DeadlinePassed) return new CaProblem('unreachable', `${host} gives ${cause.message}.`, { cause })
  return new CaProblem('unreachable', `${host} cannot be reached (${codeOf(cause)}).`, { cause })
}

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? (error as Error).name

/** True when the request met a connection that was just being closed: the next connection may do. */
export const isClosedConnection = (error: unknown): boolean =>
  error instanceof CaProblem && error.type === 'unreachable' && CLOSED_CODES.has(codeOf(error.cause))
