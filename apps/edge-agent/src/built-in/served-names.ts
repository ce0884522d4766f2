import { createHash } from 'node:crypto'
import { type SecureContext, createSecureContext } from 'node:tls'
import {
  type RejectedRoute,
  type ServedRoute,
  type ServedService,
  certificateComplaint,
  wildcardOver,
} from '@mooring/core'

/** One name as it is served. */
export interface ServedName {
  route: ServedRoute
  /** Told on the name's health path, so that a proof can tell one version from another. */
  fingerprint: string
  /** Null for the http variant. */
  context: SecureContext | null
}

export interface NextNames {
  names: Map<string, ServedName>
  changed: ServedName[]
  removed: string[]
  rejected: RejectedRoute[]
}

/** What serves a name: its own route, else that of the wildcard over it. */
export const findName = (hostname: string, names: ReadonlyMap<string, ServedName>): ServedName | undefined =>
  names.get(hostname) ?? names.get(wildcardOver(hostname) ?? '')

/** Decides what to serve of `routes`: each as it is, or its last good version where it cannot be served. */
export function nextNames(routes: ServedRoute[], before: ReadonlyMap<string, ServedName>): NextNames {
  const next: NextNames = { names: new Map(), changed: [], removed: [], rejected: [] }
  for (const route of routes.toSorted((a, b) => b.generation - a.generation)) {
    const { domainId, generation, hostname } = route
    const reject = (detail: string): void => void next.rejected.push({ domainId, generation, detail })
    if (next.names.has(hostname)) {
      reject(`${hostname} is routed twice; the newer route is served.`)
      continue
    }
    const last = before.get(hostname)
    const name = makeName(route, last)
    if (typeof name === 'string') {
      reject(name)
      if (last?.route.domainId === domainId) next.names.set(hostname, last)
      continue
    }
    next.names.set(hostname, name)
    if (name !== last) next.changed.push(name)
  }
  next.removed = [...before.keys()].filter((hostname) => !next.names.has(hostname))
  return next
}

/** What is known of the services that these names need: a last good version goes on with the servers it had. */
export function nextServices(
  given: readonly ServedService[],
  before: ReadonlyMap<string, ServedService>,
  names: Iterable<ServedName>,
): Map<string, ServedService> {
  const known = new Map([...before, ...given.map((service) => [service.name, service] as const)])
  const needed = new Set([...names].map(({ route: { action } }) => action.type === 'service' && action.name))
  return new Map([...known].filter(([name]) => needed.has(name)))
}

/** The name, unchanged where nothing changed; or why it cannot be served. */
function makeName(route: ServedRoute, last: ServedName | undefined): ServedName | string {
  const fingerprint = fingerprintOf(route)
  if (last?.fingerprint === fingerprint) return last
  if (route.variant === 'http') return { route, fingerprint, context: null }
  if (route.certificate === null) return 'The route is for HTTPS but has no certificate.'
  const complaint = certificateComplaint(route.certificate, route.hostname)
  if (complaint !== null) return complaint
  const { chainPem, keyPem } = route.certificate
  try {
    const context = createSecureContext({ cert: chainPem, key: keyPem, minVersion: 'TLSv1.2' })
    return { route, fingerprint, context }
  } catch (error) {
    return `The certificate cannot be used: ${error instanceof Error ? error.message : String(error)}`
  }
}

function fingerprintOf({ domainId, hostname, variant, action, certificate }: ServedRoute): string {
  const content = JSON.stringify([domainId, hostname, variant, action, certificate])
  return createHash('sha256').update(content).digest('hex').slice(0, 16)
}
