import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { type HttpProbe, type ProbeAnswer, type ProbeRequest, SECOND, refusalOf } from '@mooring/core'
import { answerTo } from './answer-to.ts'

export interface HttpProbeOptions {
  /** CIDRs that are asked although they are private. */
  allow: readonly string[]
  httpPort?: number
  httpsPort?: number
  /** From the first packet to the last byte. */
  timeoutMs?: number
}

const MAX_BODY_BYTES = 64 * 1024
const MAX_HEADER_BYTES = 16 * 1024
/** Answers before the answer (RFC 9110 §15.2), of which a server may send any number. */
const MAX_INTERIM_ANSWERS = 10

/** Fetches by HTTP/1.1 over a connection of its own, closed afterwards. Rejects with the signal's reason only. */
export function createHttpProbe({
  allow,
  httpPort = 80,
  httpsPort = 443,
  timeoutMs = 10 * SECOND,
}: HttpProbeOptions): HttpProbe {
  const ports = { http: httpPort, https: httpsPort }
  return {
    async get(request, signal) {
      signal.throwIfAborted()
      const { address } = request
      // Text such as `0x7f.1` passes for an address with the rules, but Node would look it up.
      if (isIP(address) === 0 || refusalOf(address, { allow }) !== null) {
        return { kind: 'forbidden', detail: `${address} is not a public address` }
      }
      return exchange(open(request, ports[request.scheme]), { timeoutMs, signal })
    },
  }
}

/** The hostname is never looked up: the connection goes to the address that was judged. */
function open({ scheme, hostname, address, path }: ProbeRequest, port: number): ClientRequest {
  const isUsual = port === (scheme === 'http' ? 80 : 443)
  const options = {
    host: address,
    port,
    path,
    agent: false as const,
    maxHeaderSize: MAX_HEADER_BYTES,
    headers: {
      host: isUsual ? hostname : `${hostname}:${port}`,
      'user-agent': 'Mooring-probe',
      accept: '*/*',
      connection: 'close',
    },
  }
  return scheme === 'http'
    ? requestHttp(options)
    : requestHttps({ ...options, servername: hostname, rejectUnauthorized: false })
}

/** One deadline over everything: a server that sends a byte now and then does not win time by it. */
function exchange(
  request: ClientRequest,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<ProbeAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ProbeAnswer>()
  const tooLate = { kind: 'unreachable' as const, detail: `no answer within ${timeoutMs / SECOND} s` }
  const timer = setTimeout(() => resolve(tooLate), timeoutMs)
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const onError = (error: NodeJS.ErrnoException) => resolve(answerTo(error, tooLate))

  let interim = 0
  request.on('information', () => {
    interim += 1
    if (interim > MAX_INTERIM_ANSWERS) resolve({ kind: 'unreachable', detail: 'not HTTP' })
  })
  let hasAnswered = false
  request.on('response', (response) => {
    hasAnswered = true
    readAnswer(response).then(resolve, onError)
  })
  request.on('error', onError)
  // Whatever ends the connection without an error, such as a change of protocol that nobody asked for.
  request.on('close', () => {
    if (!hasAnswered) resolve({ kind: 'unreachable', detail: 'connection closed without an answer' })
  })
  request.end()

  return promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    request.destroy()
  })
}

async function readAnswer(response: IncomingMessage): Promise<ProbeAnswer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= MAX_BODY_BYTES) break
  }
  return {
    kind: 'answer',
    status: response.statusCode ?? 0,
    body: Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString('utf8'),
    location: response.headers.location ?? null,
  }
}
