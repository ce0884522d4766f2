import { requiredRecords, type Domain } from '@mooring/core'
import { freePortAtEach } from '../services/free-ports.ts'
import { startNamed } from '../services/named.ts'
import { startPowerDns } from '../services/powerdns.ts'

const ROOT = '127.0.0.1'
const HOST = '127.0.61.9'

/**
 * Customers' zones as the world has them, one zone a name: a registry that delegates each (BIND), and a DNS host that
 * serves them all (PowerDNS). What a name costs here it costs on the internet, once the way to its registry is known.
 */
export async function startDnsWorld(domains: Domain[], edge: { hostname: string; addresses: string[] }) {
  const port = await freePortAtEach([ROOT, HOST])
  const delegations = domains.map(({ hostname }) => `${zoneOf(hostname)}. NS ns1.host.example.`)
  const registry = await startNamed({
    port,
    zones: [
      {
        name: '.',
        text: [
          '$TTL 86400',
          '@ SOA ns.root. hostmaster.root. 1 3600 600 86400 60',
          '@ NS ns.root.',
          `ns.root. A ${ROOT}`,
          ...delegations,
          `ns1.host.example. A ${HOST}`,
          '',
        ].join('\n'),
      },
    ],
  })
  const host = await startPowerDns({ address: HOST, port })
  for (const domain of domains) {
    await host.address.createZone(zoneOf(domain.hostname), { nameServers: ['ns1.host.example'] })
    for (const { name, type, value } of requiredRecords(domain, edge))
      await host.address.setRecords(name, type, [value])
  }
  return {
    root: ROOT,
    port,
    /** Questions that the DNS host has answered so far. */
    queries: () => host.address.queries(),
    async stop() {
      await Promise.all([registry.stop(), host.stop()])
    },
  }
}

const zoneOf = (hostname: string): string => hostname.slice(hostname.indexOf('.') + 1)
