import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { ServedRoute, ServedService } from '@mooring/core'
import { type Destination, destinationOfService, destinationOfTarget } from './connect-upstream.ts'
import { sendHoldingPage, sendPage } from './pages.ts'
import { type Visitor, passOn, passOnBare, passOnUpgrade } from './pass-on.ts'
import type { ServedName } from './served-names.ts'

export interface Site {
  find(hostname: string): ServedName | undefined
  /** Null where it is not known. */
  service(name: string): ServedService | null
  controlPlane: () => Destination
  publicHttpsPort: number
}

/** Plain HTTP: challenges and health for every name, then the http variant's action or the way to HTTPS. */
export function answerHttp(request: IncomingMessage, response: ServerResponse, site: Site): void {
  const hostname = hostnameOf(request)
  const name = site.find(hostname)
  const path = pathOf(request)
  if (path.startsWith('/.well-known/acme-challenge/')) {
    // The certificate authority asks here (RFC 8555 §8.3).
    void passOnBare(request, response, site.controlPlane(), visitorOf(request, hostname, 80))
    return
  }
  if (path === '/.well-known/mooring/health') sendHealth(response, name)
  else if (name === undefined) sendPage(response, 421)
  else if (name.route.variant === 'http') act({ request, response, site }, name, visitorOf(request, hostname, 80))
  else {
    const port = site.publicHttpsPort === 443 ? '' : `:${site.publicHttpsPort}`
    response.writeHead(308, { location: `https://${hostname}${port}${request.url}` }).end()
  }
}

/** HTTPS: the Host must be the name the connection was made for (RFC 9110 §7.4). */
export function answerHttps(request: IncomingMessage, response: ServerResponse, site: Site): void {
  const name = namedBoth(request, site)
  if (name === undefined) sendPage(response, 421)
  else if (pathOf(request) === '/.well-known/mooring/health') sendHealth(response, name)
  else act({ request, response, site }, name, visitorOf(request, hostnameOf(request), site.publicHttpsPort))
}

/** Websockets, for names that are proxied. A request to upgrade any other is answered as if it were an ordinary one. */
export const isUpgradable = (request: IncomingMessage, site: Site): boolean => upgradeTarget(request, site) !== null

export function answerUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, site: Site): void {
  const upstream = upgradeTarget(request, site)
  if (upstream === null) {
    socket.destroy() // The route changed since it was asked whether to upgrade.
    return
  }
  const port = isSecure(request) ? site.publicHttpsPort : 80
  void passOnUpgrade(request, socket, head, upstream, visitorOf(request, hostnameOf(request), port))
}

function upgradeTarget(request: IncomingMessage, site: Site): Destination | null {
  const name = isSecure(request) ? namedBoth(request, site) : site.find(hostnameOf(request))
  if (name === undefined || (!isSecure(request) && name.route.variant !== 'http')) return null
  return destinationOf(name.route.action, site)
}

/** Where requests are passed on to; null where they are answered here. */
function destinationOf(action: ServedRoute['action'], site: Site): Destination | null {
  if (action.type === 'proxy') return destinationOfTarget(action.upstream)
  if (action.type !== 'service') return null
  return destinationOfService({ ...action, servers: site.service(action.name)?.servers ?? [] })
}

const isSecure = ({ socket }: IncomingMessage): boolean => 'encrypted' in socket

interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  site: Site
}

function act({ request, response, site }: Exchange, { route: { action } }: ServedName, visitor: Visitor): void {
  const destination = destinationOf(action, site)
  if (destination !== null) void passOn(request, response, destination, visitor)
  else if (action.type === 'holding') sendHoldingPage(response)
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
  const scheme = isSecure(request) ? 'https' : 'http'
  const isUsual = port === (scheme === 'https' ? 443 : 80)
  return {
    authority: isUsual ? hostname : `${hostname}:${port}`,
    address: request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '',
    scheme,
    port,
  }
}

export const hostnameOf = ({ headers }: IncomingMessage): string =>
  (headers.host ?? '').toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')

export const pathOf = ({ url = '/' }: IncomingMessage): string => url.replace(/[?#].*$/s, '')
