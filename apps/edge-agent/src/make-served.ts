import {
  type AddressRules,
  type EdgeService,
  type RejectedRoute,
  type Route,
  type ServedRoute,
  parseRedirect,
  parseUpstream,
} from '@mooring/core'
import type { DesiredState } from './desired-state.ts'
import { type ResolvedService, resolveService } from './resolve-services.ts'
import type { HostResolver } from './resolve-targets.ts'

export interface Upstreams {
  /** Which addresses a target may have; a service's are the operator's choice. */
  rules: AddressRules
  targets: HostResolver
  serviceHosts: HostResolver
}

/**
 * Turns desired routes into ones a server can take: targets parsed again and resolved; what may not be is rejected. Of
 * two routes of one name the newer holds it, even where it cannot be served: the older one's tenant may have lost it.
 * Of the services come those that served routes name.
 */
export async function makeServed(
  state: Pick<DesiredState, 'routes' | 'services'>,
  { rules, targets, serviceHosts }: Upstreams,
): Promise<{ served: ServedRoute[]; services: ResolvedService[]; rejected: RejectedRoute[] }> {
  const routes = state.routes()
  const services = new Map(state.services().map((service) => [service.name, service]))
  const served: ServedRoute[] = []
  const rejected: RejectedRoute[] = []
  const hosts = new Set<string>()
  const holders = holdersOf(routes)
  const actions = await Promise.all(routes.map((route) => actionOf(route, { rules, targets, hosts, services })))
  for (const [index, route] of routes.entries()) {
    const { domainId, hostname, generation, variant, certificate } = route
    const action = actions[index]
    if (variant === 'removed' || action === undefined) continue
    if (holders.get(hostname) !== route) {
      rejected.push({ domainId, generation, detail: `${hostname} is routed twice; the newer route holds the name.` })
    } else if (typeof action === 'string') rejected.push({ domainId, generation, detail: action })
    else served.push({ domainId, hostname, generation, variant, certificate, action })
  }
  targets.keepOnly(hosts)
  return { served, services: await resolveNamed(served, services, serviceHosts), rejected }
}

async function resolveNamed(
  served: ServedRoute[],
  services: ReadonlyMap<string, EdgeService>,
  resolver: HostResolver,
): Promise<ResolvedService[]> {
  const names = new Set(served.flatMap(({ action }) => (action.type === 'service' ? [action.name] : [])))
  const named = [...names].toSorted().flatMap((name) => services.get(name) ?? [])
  const hosts = new Set<string>()
  const resolved = await Promise.all(named.map((service) => resolveService(service, resolver, hosts)))
  resolver.keepOnly(hosts)
  return resolved
}

function holdersOf(routes: Route[]): Map<string, Route> {
  const holders = new Map<string, Route>()
  for (const route of routes) {
    if (route.variant === 'removed') continue
    if (route.generation > (holders.get(route.hostname)?.generation ?? -1)) holders.set(route.hostname, route)
  }
  return holders
}

interface Lookup {
  rules: AddressRules
  targets: HostResolver
  /** Collects the names that are in use. */
  hosts: Set<string>
  services: ReadonlyMap<string, EdgeService>
}

/** The action, or why the target is refused: the control plane has checked it, but this machine makes the connection. */
async function actionOf(
  { target }: Route,
  { rules, targets, hosts, services }: Lookup,
): Promise<ServedRoute['action'] | string> {
  if (target.type === 'none' || target.type === 'holding') return target
  if (target.type === 'redirect') {
    const url = parseRedirect(target.url)
    return url.ok ? { ...target, url: url.value.href } : url.message
  }
  if ('service' in target) {
    const service = services.get(target.service)
    if (service === undefined) return `There is no service ${target.service} on this edge, or not one it understands.`
    return { type: 'service', name: service.name, scheme: service.scheme, tlsName: service.tlsName }
  }
  const upstream = parseUpstream(target.url, rules)
  if (!upstream.ok) return upstream.message
  const { scheme, host, port, hostIsAddress } = upstream.value
  if (!hostIsAddress) hosts.add(host)
  const addresses = hostIsAddress ? [host] : await targets.addressesOf(host)
  return { type: 'proxy', upstream: { scheme, host, port, addresses } }
}
