import type { ServedService } from '@mooring/core'
import { endpointText, serviceUpstreamText } from './nginx-quoting.ts'
import type { Model } from './render.ts'
import type { Site } from './site.ts'

/**
 * The upstreams of all services that vhosts name. They stand in `nginx.conf`, so that other servers need no vhost to be
 * written again. A service that only a last good vhost names may be gone: `nginx` refuses a vhost whose upstream is not
 * there, so it gets one without servers.
 */
export function serviceUpstreams(services: ReadonlyMap<string, ServedService>, sites: readonly Site[]): Model[] {
  return namedServices(sites).map((name) => ({
    upstream: serviceUpstreamText(name),
    servers: (services.get(name)?.servers ?? []).map(({ address, port }) => endpointText(address, port)),
  }))
}

/** What is known of services after an apply: a last good vhost goes on with the servers its service had last. */
export function knownServices(
  before: ReadonlyMap<string, ServedService>,
  given: readonly ServedService[],
  sites: readonly Site[],
): Map<string, ServedService> {
  const known = new Map([...before, ...given.map((service) => [service.name, service] as const)])
  return new Map(
    namedServices(sites).flatMap((name) => {
      const service = known.get(name)
      return service === undefined ? [] : [[name, service] as const]
    }),
  )
}

const namedServices = (sites: readonly Site[]): string[] =>
  [...new Set(sites.flatMap(({ service }) => service ?? []))].toSorted()
