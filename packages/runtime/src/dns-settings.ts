import type { z } from 'zod'
import { addresses, cidrs, ips, names, port } from './settings.ts'

/** How DNS and web servers out there are asked: fields to spread into the schema of every app that asks. */
export const dnsSettings = {
  /** Asked for everything and as they are, in place of the zones' own servers and of public resolvers. */
  MOORING_DNS_SERVERS: addresses().optional(),
  /** Where the way down to a zone's own servers begins; without it, at the internet's root servers. */
  MOORING_DNS_ROOTS: ips().optional(),
  /** On which these and the zones' own servers answer. */
  MOORING_DNS_PORT: port().default(53),
  /** Recursive resolvers, through which the world sees a name; without it, well-known public ones. */
  MOORING_DNS_RESOLVERS: addresses().optional(),
  /** Name servers' addresses that may be asked although they are private. */
  MOORING_DNS_ALLOW: cidrs().default([]),
  /** What CAA records call the certificate authority; without it, what its directory says. */
  MOORING_ACME_CAA_IDENTITIES: names().optional(),
  /** Where a hostname's web server answers. */
  MOORING_PROBE_HTTP_PORT: port().default(80),
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
