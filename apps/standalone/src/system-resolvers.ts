import { getServers } from 'node:dns'

/** The system's resolvers as `ip:port`, which `node:dns` gives without the port when that is 53. */
export function systemResolvers(servers: string[] = getServers()): string[] {
  return servers
    .filter((server) => !server.includes('%')) // A zone index (RFC 4007) names an interface, not an address.
    .map((server) => {
      if (/^\[.*\]:\d+$/.test(server)) return server
      if (server.includes('.')) return server.includes(':') ? server : `${server}:53`
      return `[${server}]:53`
    })
}
