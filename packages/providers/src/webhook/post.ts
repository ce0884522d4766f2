import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { hostOf } from '@mooring/core'

export interface Post {
  url: URL
  /** Where the connection goes; the name is not looked up again. */
  address: string
  headers: Record<string, string>
  body: string
  ca?: string | undefined
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  /** The beginning, printable. */
  text: string
}

const MAX_HEADER_BYTES = 16 * 1024
/** More of an answer is not read: the status has said it all. */
const MAX_BODY_BYTES = 16 * 1024
const EXCERPT_CHARACTERS = 1024

/** One request over a connection of its own. Rejects with what broke it, or the signal's reason. */
export function post({ url, address, headers, body, ca }: Post, signal: AbortSignal): Promise<Answer> {
  const host = hostOf(url)
  const isPlain = url.protocol === 'http:'
  const options = {
    method: 'POST',
    host: address,
    port: url.port === '' ? (isPlain ? 80 : 443) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    agent: false as const,
    maxHeaderSize: MAX_HEADER_BYTES,
    signal,
    headers: {
      ...headers,
      host: url.host,
      'user-agent': 'Mooring-webhook',
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    },
  }
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const trust = ca === undefined ? {} : { ca }
  // RFC 6066 §3: an address is no server name; Node then compares the certificate with the address.
  const request = isPlain
    ? requestHttp(options)
    : requestHttps({ ...options, ...trust, ...(isIP(host) === 0 ? { servername: host } : {}) })
  request.on('response', (response) => void read(response).then(resolve, reject))
  // A change of protocol that nobody asked for would leave the promise open.
  request.on('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
  request.on('error', reject)
  request.end(body)
  return promise.finally(() => request.destroy())
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= MAX_BODY_BYTES) break
    }
  } catch (error) {
    // The status came and says whether it was taken; whoever dawdles over the rest is told by the deadline.
    if (!isCutOff(error)) throw error
  }
  const text = Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString('utf8')
  return { status: response.statusCode ?? 0, headers: response.headers, text: printable(text) }
}

const isCutOff = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ECONNRESET'

/** Of a stranger's text: no controls, nothing that turns the direction of writing, no half of a character. */
const printable = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/[^\P{C}\n\t]/gu, '\ufffd')
    .slice(0, EXCERPT_CHARACTERS)
    .toWellFormed()
