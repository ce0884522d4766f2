import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { request as askOver } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Destination, connectUpstream } from './connect-upstream.ts'
import { sendPage } from './pages.ts'

/** What the target is told about the visitor. */
export interface Visitor {
  /** Host as the visitor sees it, with the port where it is not the scheme's own. */
  authority: string
  address: string
  scheme: 'http' | 'https'
  port: number
}

const ANSWER_MS = 60_000

// Hop-by-hop (RFC 9110 §7.6.1), and everything a visitor could claim about itself: set anew below, or not sent at all.
const NOT_PASSED_ON = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'forwarded',
  'proxy',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'x-original-url',
  'x-rewrite-url',
])

/** Passes a request on and its answer back; 502 when no server answers. */
export const passOn = (
  request: IncomingMessage,
  response: ServerResponse,
  to: Destination,
  visitor: Visitor,
): Promise<void> => exchange(request, response, to, headersFor(request.headers, visitor))

/** Passes on what is asked and of whom, and none of the visitor's headers. */
export const passOnBare = (
  request: IncomingMessage,
  response: ServerResponse,
  to: Destination,
  visitor: Visitor,
): Promise<void> => exchange(request, response, to, headersFor({}, visitor))

async function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  to: Destination,
  headers: Headers,
): Promise<void> {
  const left = new AbortController()
  response.once('close', () => left.abort())
  const upstream = await connectUpstream(to, left.signal)
  if (upstream === null) {
    if (!left.signal.aborted) sendPage(response, 502)
    return
  }
  const asked = ask(request, upstream, headers)
  asked.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, withoutHops(answer.headers))
    answer.pipe(response)
    answer.on('error', () => response.destroy())
  })
  asked.on('error', () => (response.headersSent ? response.destroy() : sendPage(response, 502)))
  response.on('close', () => asked.destroy())
  request.pipe(asked)
}

/** Passes a websocket on: after the handshake both sides are copied as they are. */
export async function passOnUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  to: Destination,
  visitor: Visitor,
): Promise<void> {
  const left = new AbortController()
  socket.once('close', () => left.abort())
  socket.on('error', () => left.abort())
  const upstream = await connectUpstream(to, left.signal)
  if (upstream === null) {
    socket.end('HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\n')
    return
  }
  const upgrade = { connection: 'upgrade', upgrade: request.headers.upgrade }
  const asked = ask(request, upstream, { ...headersFor(request.headers, visitor), ...upgrade })
  socket.on('error', () => asked.destroy())
  asked.on('upgrade', (answer, target, targetHead) => {
    target.setTimeout(0)
    const lines = Object.entries(answer.headers).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((item) => `${name}: ${item}`),
    )
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`)
    socket.write(targetHead)
    target.write(head)
    target.pipe(socket).pipe(target)
    target.on('error', () => socket.destroy())
    socket.on('close', () => target.destroy())
  })
  // The target does not want to: its answer says so.
  asked.on('response', (answer) => {
    socket.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\nconnection: close\r\n\r\n`)
    answer.pipe(socket)
  })
  asked.on('error', () => socket.destroy())
  asked.end()
}

function ask({ method, url }: IncomingMessage, upstream: Socket, headers: Headers): ClientRequest {
  const asked = askOver({
    createConnection: () => upstream,
    method,
    path: url,
    headers,
  })
  upstream.setTimeout(ANSWER_MS, () => asked.destroy(new Error('The target does not answer in time.')))
  return asked
}

type Headers = Record<string, string | string[] | undefined>

function headersFor(given: IncomingHttpHeaders, { authority, address, scheme, port }: Visitor): Headers {
  const kept = Object.entries(given).filter(([name]) => !NOT_PASSED_ON.has(name) && !name.startsWith('x-forwarded-'))
  return {
    ...Object.fromEntries(kept),
    host: authority,
    'x-forwarded-host': authority,
    'x-forwarded-for': address,
    'x-forwarded-proto': scheme,
    'x-forwarded-port': String(port),
    'x-real-ip': address,
  }
}

function withoutHops(headers: IncomingHttpHeaders): Headers {
  const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...kept } = headers
  return kept
}
