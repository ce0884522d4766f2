import { lookup, Resolver } from 'node:dns/promises'

/** The addresses of a name, IPv4 first; throws when it has none. */
export type LookUpAddresses = (hostname: string) => Promise<string[]>

/** By these servers (`ip:port`); without any as the machine does, which knows its own network's names. */
export function createAddressLookUp(servers: readonly string[] = []): LookUpAddresses {
  if (servers.length === 0) {
    return async (hostname) => (await lookup(hostname, { all: true, order: 'ipv4first' })).map(({ address }) => address)
  }
  return async (hostname) => {
    const dns = new Resolver({ timeout: 2_000, tries: 2 })
    dns.setServers(servers)
    const answers = await Promise.allSettled([dns.resolve4(hostname), dns.resolve6(hostname)])
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    if (addresses.length > 0) return addresses
    throw answers.find((answer) => answer.status === 'rejected')?.reason
  }
}
