import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ResolvedUpstream } from '@mooring/core'
import { sendPage } from './pages.ts'

/** What the target is told about the visitor. */
export interface Visitor {
  /** Host as the visitor sees it, with the port where it is not the scheme's own. */
  authority: string
  address: string
  scheme: 'http' | 'https'
  port: number
}

const CONNECT_AND_ANSWER_MS = 60_000

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

/** Passes a request on and its answer back; 502 when the target does not answer. */
export function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  to: ResolvedUpstream,
  visitor: Visitor,
): void {
  exchange(request, response, ask(request, to, headersFor(request.headers, visitor)))
}

/** Passes on what is asked and of whom, and none of the visitor's headers. */
export function passOnBare(
  request: IncomingMessage,
  response: ServerResponse,
  to: ResolvedUpstream,
  visitor: Visitor,
): void {
  exchange(request, response, ask(request, to, headersFor({}, visitor)))
}

function exchange(request: IncomingMessage, response: ServerResponse, asked: ClientRequest | null): void {
  if (asked === null) {
    sendPage(response, 502)
    return
  }
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
export function passOnUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  to: ResolvedUpstream,
  visitor: Visitor,
): void {
  const upgrade = { connection: 'upgrade', upgrade: request.headers.upgrade }
  const asked = ask(request, to, { ...headersFor(request.headers, visitor), ...upgrade })
  socket.on('error', () => asked?.destroy())
  if (asked === null) {
    socket.end('HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\n')
    return
  }
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

function ask(request: IncomingMessage, to: ResolvedUpstream, headers: Headers): ClientRequest | null {
  const address = to.addresses[Math.floor(Math.random() * to.addresses.length)]
  if (address === undefined) return null
  const options = {
    host: address,
    port: to.port,
    method: request.method,
    path: request.url,
    headers,
    timeout: CONNECT_AND_ANSWER_MS,
  }
  const asked =
    to.scheme === 'http'
      ? requestHttp(options)
      : // A target given by its address has no name to verify, as with nginx.
        requestHttps({ ...options, ...(isIP(to.host) === 0 ? { servername: to.host } : { rejectUnauthorized: false }) })
  asked.on('timeout', () => asked.destroy(new Error('The target does not answer in time.')))
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
