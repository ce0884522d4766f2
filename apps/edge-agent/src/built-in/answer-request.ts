import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { ResolvedUpstream } from '@mooring/core'
import { sendPage } from './pages.ts'
import { type Visitor, passOn, passOnBare, passOnUpgrade } from './pass-on.ts'
import type { ServedName } from './served-names.ts'

export interface Site {
  find(hostname: string): ServedName | undefined
  controlPlane: () => ResolvedUpstream
  publicHttpsPort: number
}

/** Plain HTTP: challenges and health for every name, then the http variant's action or the way to HTTPS. */
export function answerHttp(request: IncomingMessage, response: ServerResponse, site: Site): void {
  const hostname = hostnameOf(request)
  const name = site.find(hostname)
  const path = pathOf(request)
  if (path.startsWith('/.well-known/acme-challenge/')) {
    // The certificate authority asks here (RFC 8555 §8.3).
    passOnBare(request, response, site.controlPlane(), visitorOf(request, hostname, 80))
    return
  }
  if (path === '/.well-known/mooring/health') sendHealth(response, name)
  else if (name === undefined) sendPage(response, 421)
  else if (name.route.variant === 'http') act(request, response, name, visitorOf(request, hostname, 80))
  else {
    const port = site.publicHttpsPort === 443 ? '' : `:${site.publicHttpsPort}`
    response.writeHead(308, { location: `https://${name.route.hostname}${port}${request.url}` }).end()
  }
}

/** HTTPS: the Host must be the name the connection was made for (RFC 9110 §7.4). */
export function answerHttps(request: IncomingMessage, response: ServerResponse, site: Site): void {
  const name = namedBoth(request, site)
  if (name === undefined) sendPage(response, 421)
  else if (pathOf(request) === '/.well-known/mooring/health') sendHealth(response, name)
  else act(request, response, name, visitorOf(request, name.route.hostname, site.publicHttpsPort))
}

/** Websockets, for names that are proxied. */
export function answerUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, site: Site): void {
  const secure = 'encrypted' in request.socket
  const name = secure ? namedBoth(request, site) : site.find(hostnameOf(request))
  const isServed = name !== undefined && (secure || name.route.variant === 'http')
  if (!isServed || name.route.action.type !== 'proxy') {
    socket.end('HTTP/1.1 421 Misdirected Request\r\nconnection: close\r\n\r\n')
    return
  }
  const visitor = visitorOf(request, name.route.hostname, secure ? site.publicHttpsPort : 80)
  passOnUpgrade(request, socket, head, name.route.action.upstream, visitor)
}

function act(request: IncomingMessage, response: ServerResponse, { route }: ServedName, visitor: Visitor): void {
  const { action } = route
  if (action.type === 'proxy') passOn(request, response, action.upstream, visitor)
  else if (action.type === 'redirect') response.writeHead(action.status, { location: action.url }).end()
  else sendPage(response, 503)
}

function sendHealth(response: ServerResponse, name: ServedName | undefined): void {
  response.writeHead(200, {
    'content-type': 'text/plain',
    ...(name === undefined ? {} : { 'mooring-route': name.fingerprint }),
  })
  response.end('ok\n')
}

function namedBoth(request: IncomingMessage, site: Site): ServedName | undefined {
  const hostname = hostnameOf(request)
  const { servername } = request.socket as TLSSocket
  const name = servername === hostname ? site.find(hostname) : undefined
  return name?.context === null ? undefined : name
}

function visitorOf(request: IncomingMessage, hostname: string, port: number): Visitor {
  const scheme = 'encrypted' in request.socket ? 'https' : 'http'
  const isUsual = port === (scheme === 'https' ? 443 : 80)
  return {
    authority: isUsual ? hostname : `${hostname}:${port}`,
    address: request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '',
    scheme,
    port,
  }
}

const hostnameOf = ({ headers }: IncomingMessage): string =>
  (headers.host ?? '').toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')

const pathOf = ({ url = '/' }: IncomingMessage): string => url.replace(/[?#].*$/s, '')
