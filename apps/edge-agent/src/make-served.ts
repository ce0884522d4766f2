import {
  type AddressRules,
  type RejectedRoute,
  type Route,
  type ServedRoute,
  parseRedirect,
  parseUpstream,
} from '@mooring/core'
import type { TargetResolver } from './resolve-targets.ts'

/**
 * Turns desired routes into ones a server can take: targets parsed again and resolved; what may not be is rejected. Of
 * two routes of one name the newer holds it, even where it cannot be served: the older one's tenant may have lost it.
 */
export async function makeServed(
  routes: Route[],
  rules: AddressRules,
  targets: TargetResolver,
): Promise<{ served: ServedRoute[]; rejected: RejectedRoute[] }> {
  const served: ServedRoute[] = []
  const rejected: RejectedRoute[] = []
  const hosts = new Set<string>()
  const holders = holdersOf(routes)
  const actions = await Promise.all(routes.map((route) => actionOf(route, { rules, targets, hosts })))
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
  return { served, rejected }
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
  targets: TargetResolver
  /** Collects the names that are in use. */
  hosts: Set<string>
}

/** The action, or why the target is refused: the control plane has checked it, but this machine makes the connection. */
async function actionOf({ target }: Route, { rules, targets, hosts }: Lookup): Promise<ServedRoute['action'] | string> {
  if (target.type === 'none' || target.type === 'holding') return target
  if (target.type === 'redirect') {
    const url = parseRedirect(target.url)
    return url.ok ? { ...target, url: url.value.href } : url.message
  }
  const upstream = parseUpstream(target.url, rules)
  if (!upstream.ok) return upstream.message
  const { scheme, host, port, hostIsAddress } = upstream.value
  if (!hostIsAddress) hosts.add(host)
  const addresses = hostIsAddress ? [host] : await targets.addressesOf(host)
  return { type: 'proxy', upstream: { scheme, host, port, addresses } }
}
