import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { type IncomingMessage, type Server, type ServerResponse, createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import {
  type ApplyResult,
  type EdgeServer,
  type ResolvedUpstream,
  type ServedRoute,
  type ServedService,
  wildcardOver,
} from '@mooring/core'
import { type Expectation, type Served, findUnproved } from '@mooring/nginx'
import { type Site, answerHttp, answerHttps, answerUpgrade, isUpgradable } from './answer-request.ts'
import { destinationOfTarget } from './connect-upstream.ts'
import { countRequest } from './count-request.ts'
import { createMemoryTraffic } from './memory-traffic.ts'
import { type ServedName, findName, nextNames, nextServices } from './served-names.ts'

export interface BuiltInServerOptions {
  httpPort: number
  httpsPort: number
  /** Absent: every address of the machine. */
  listenAddress?: string
  publicHttpsPort: number
  controlPlaneUrl: URL
}

/**
 * Serves routes from this process, for machines without nginx: HTTP/1.1 only, one process, and nothing is served while
 * the agent is down.
 */
export function createBuiltInServer(options: BuiltInServerOptions): EdgeServer {
  let names: ReadonlyMap<string, ServedName> = new Map()
  let services: ReadonlyMap<string, ServedService> = new Map()
  let controlPlane = hostAndPort(options.controlPlaneUrl)
  const site: Site = {
    find: (hostname) => findName(hostname, names),
    service: (name) => services.get(name) ?? null,
    controlPlane: () => destinationOfTarget(controlPlane),
    publicHttpsPort: options.publicHttpsPort,
  }
  const shouldUpgradeCallback = (request: IncomingMessage) => isUpgradable(request, site)
  const traffic = createMemoryTraffic()
  const counted = (answer: typeof answerHttp) => (request: IncomingMessage, response: ServerResponse) => {
    countRequest(request, response, site, traffic)
    answer(request, response, site)
  }
  const http = createHttpServer({ shouldUpgradeCallback }, counted(answerHttp))
  const https = createHttpsServer(
    {
      shouldUpgradeCallback,
      minVersion: 'TLSv1.2',
      // There is no certificate of its own: a handshake without a name, or for an unknown one, is refused.
      SNICallback(hostname, callback) {
        const context = site.find(hostname.toLowerCase())?.context
        if (context === undefined || context === null) callback(new Error('Unknown name.'))
        else callback(null, context)
      },
    },
    counted(answerHttps),
  )
  for (const server of [http, https]) {
    server.on('upgrade', (request, socket, head) => answerUpgrade(request, socket, head, site))
    server.on('clientError', (_error, socket) => socket.destroy())
  }
  const near: Served = {
    address: options.listenAddress ?? '127.0.0.1',
    httpPort: options.httpPort,
    httpsPort: options.httpsPort,
  }

  return {
    version: 'built-in',
    traffic,
    isServing: async () => http.listening && https.listening,
    async start() {
      controlPlane = await resolved(controlPlane)
      await listen(http, options.httpPort, options.listenAddress)
      await listen(https, options.httpsPort, options.listenAddress)
    },
    async apply(routes: ServedRoute[], _generation: number, given: ServedService[] = []): Promise<ApplyResult> {
      controlPlane = await resolved(controlPlane)
      const before = names
      const next = nextNames(routes, before)
      names = next.names
      services = nextServices(given, services, [...before.values(), ...names.values()])
      const wrong = await findUnproved(
        [...next.changed.map(expectationOf), ...next.removed.map((hostname) => expectationWithout(hostname, names))],
        near,
      )
      for (const [hostname, detail] of wrong) {
        const route = next.names.get(hostname)?.route
        if (route === undefined) throw new Error(`${hostname} was removed, but: ${detail}`)
        next.rejected.push({ domainId: route.domainId, generation: route.generation, detail })
        const last = before.get(hostname)
        if (last === undefined) next.names.delete(hostname)
        else next.names.set(hostname, last)
      }
      return { rejected: next.rejected }
    },
    async stop() {
      await Promise.all([http, https].map(close))
    },
  }
}

function expectationOf({ route, fingerprint }: ServedName): Expectation {
  const { hostname, certificate } = route
  if (route.variant === 'http' || certificate === null) return { hostname, kind: 'http', fingerprint }
  return { hostname, kind: 'https', serial: certificate.serial }
}

/** A removed name is refused, unless it is below a wildcard that is served: then that answers it from now on. */
function expectationWithout(hostname: string, names: ReadonlyMap<string, ServedName>): Expectation {
  const wildcard = names.get(wildcardOver(hostname) ?? '')
  return wildcard === undefined ? { hostname, kind: 'refused' } : { ...expectationOf(wildcard), hostname }
}

function hostAndPort(url: URL): ResolvedUpstream {
  const scheme = url.protocol === 'https:' ? 'https' : 'http'
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return { scheme, host, port: url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port), addresses: [] }
}

async function resolved(upstream: ResolvedUpstream): Promise<ResolvedUpstream> {
  const found = await lookup(upstream.host, { all: true }).catch(() => null) // DNS is down: what is known stays.
  return found === null ? upstream : { ...upstream, addresses: found.map(({ address }) => address) }
}

async function listen(server: Server, port: number, address: string | undefined): Promise<void> {
  server.listen(port, address)
  await once(server, 'listening')
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => server.close(() => resolve()))
}
