import type { z } from 'zod'
import { addresses, cidrs, ips, names, port } from './settings.ts'

/** How DNS and web servers out there are asked: fields to spread into the schema of every app that asks. */
export const dnsSettings = {
  /**
   * DNS servers (`ip:port`, separated by commas) to ask for everything, in place of the zones' own and of public
   * resolvers: set it where port 53 outwards is closed. Edge agents and the scheduler ask the machine's own without it.
   */
  MOORING_DNS_SERVERS: addresses().optional(),
  /** Addresses of root servers, for a DNS world of one's own; without it, the internet's. */
  MOORING_DNS_ROOTS: ips().optional(),
  /** The port on which the roots and the zones' own servers answer. */
  MOORING_DNS_PORT: port().default(53),
  /** Recursive resolvers (`ip:port`) that stand for how the world sees a name; without it, well-known public ones. */
  MOORING_DNS_RESOLVERS: addresses().optional(),
  /** Private addresses (CIDR blocks) at which name servers may be asked. */
  MOORING_DNS_ALLOW: cidrs().default([]),
  /** What CAA records call the certificate authority; without it, what its directory says. */
  MOORING_ACME_CAA_IDENTITIES: names().optional(),
  /** Where a customer's web server is asked for a proof over HTTP. */
  MOORING_PROBE_HTTP_PORT: port().default(80),
  /** Where a customer's web server is asked over HTTPS. */
  MOORING_PROBE_HTTPS_PORT: port().default(443),
}

type DnsConfig = z.output<z.ZodObject<typeof dnsSettings>>

/** As a resolver wants to be told. */
export const resolverOptions = (config: DnsConfig) => ({
  servers: config.MOORING_DNS_SERVERS,
  roots: config.MOORING_DNS_ROOTS,
  port: config.MOORING_DNS_PORT,
  resolvers: config.MOORING_DNS_RESOLVERS,
  allow: config.MOORING_DNS_ALLOW,
})

/** As an HTTP probe wants to be told. */
export const probePorts = (config: Pick<DnsConfig, 'MOORING_PROBE_HTTP_PORT' | 'MOORING_PROBE_HTTPS_PORT'>) => ({
  httpPort: config.MOORING_PROBE_HTTP_PORT,
  httpsPort: config.MOORING_PROBE_HTTPS_PORT,
})
