import { type Domain, requiredRecords } from '@mooring/core'
import { freePortAtEach } from '../services/free-ports.ts'
import { type PowerDns, startPowerDns } from '../services/powerdns.ts'

const REGISTRY = '127.0.61.8'
const HOST = '127.0.61.9'
const NAME_SERVER = 'ns1.host.example'

type EdgeIdentity = Parameters<typeof requiredRecords>[1]

/**
 * Customers' zones as the world has them, one zone a name: a registry that delegates each, and a DNS host that serves them
 * all. What a name costs here it costs on the internet, once the way to its registry is known.
 */
export async function startDnsWorld(domains: Domain[], edge: EdgeIdentity) {
  const port = await freePortAtEach([REGISTRY, HOST])
  const [registry, host] = await Promise.all([
    startPowerDns({ address: REGISTRY, port }),
    startPowerDns({ address: HOST, port }),
  ])
  await Promise.all([fillRegistry(registry.address, domains), fillHost(host.address, domains, edge)])
  return {
    root: REGISTRY,
    port,
    /** Questions that registry and host have answered so far. */
    async queries(): Promise<number> {
      const [asked, answered] = await Promise.all([registry.address.queries(), host.address.queries()])
      return asked + answered
    },
    async stop() {
      await Promise.all([registry.stop(), host.stop()])
    },
  }
}

async function fillRegistry(registry: PowerDns, domains: Domain[]): Promise<void> {
  await registry.createZone('.', { nameServers: ['ns.root'] })
  await registry.setRecords('ns.root', 'A', [REGISTRY])
  await registry.setRecords(NAME_SERVER, 'A', [HOST])
  for (const { hostname } of domains) await registry.setRecords(zoneOf(hostname), 'NS', [NAME_SERVER])
}

async function fillHost(host: PowerDns, domains: Domain[], edge: EdgeIdentity): Promise<void> {
  for (const domain of domains) {
    await host.createZone(zoneOf(domain.hostname), { nameServers: [NAME_SERVER] })
    for (const { name, type, value } of requiredRecords(domain, edge)) await host.setRecords(name, type, [value])
  }
}

const zoneOf = (hostname: string): string => hostname.slice(hostname.indexOf('.') + 1)
