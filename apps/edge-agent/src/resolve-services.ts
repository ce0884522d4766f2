import { isIP } from 'node:net'
import type { EdgeService, ServedService, ServiceServer } from '@mooring/core'
import type { HostResolver } from './resolve-targets.ts'

/** A service with an entry for each address of its servers. */
export interface ResolvedService extends Pick<EdgeService, 'name' | 'scheme' | 'tlsName' | 'health'> {
  /** `host` is what the address is known by in the service. */
  servers: (ServiceServer & ServedService['servers'][number])[]
}

/** Looks up the servers that are given by name; collects those names in `hosts`. */
export async function resolveService(
  { name, scheme, tlsName, health, servers }: EdgeService,
  resolver: HostResolver,
  hosts: Set<string>,
): Promise<ResolvedService> {
  const found = await Promise.all(
    servers.map(async ({ host, port }) => {
      if (isIP(host) === 0) hosts.add(host)
      const addresses = isIP(host) === 0 ? await resolver.addressesOf(host) : [host]
      return addresses.map((address) => ({ host, address, port }))
    }),
  )
  // Two names of one server are one server: it shall not get twice the visitors, nor be asked twice.
  const byEndpoint = new Map(found.flat().map((server) => [`${server.address} ${server.port}`, server]))
  return { name, scheme, tlsName, health, servers: [...byEndpoint.values()] }
}
