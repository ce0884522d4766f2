import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { settings } from '@mooring/runtime'
import { z } from 'zod'

/** The edge agent's environment. Times are in milliseconds once read. */
export const configSchema = z.object({
  LOG_LEVEL: settings.logLevel().default('info'),
  HOST: settings.text().default('127.0.0.1'),
  MOORING_HEALTH_PORT: settings.port().optional(),
  MOORING_API_URL: settings.url('https', 'http'),
  /** Plain http to an API that is not on this machine. */
  MOORING_API_INSECURE: settings.flag().default(false),
  MOORING_EDGE_TOKEN: settings.secret(settings.text()).optional(),
  /** An admin key: enrols the edge at its first start, where it has no token. */
  MOORING_API_KEY: settings.apiKey().optional(),
  MOORING_EDGE_NAME: label().default(() => defaultName()),
  MOORING_EDGE_POOL: label().default('default'),
  /** Holds the configuration, certificates and their keys. */
  MOORING_EDGE_DIR: settings.text().default('.mooring/edge'),
  /** An address of this machine; every one when absent. */
  MOORING_EDGE_LISTEN: settings
    .text()
    .refine((text) => isIP(text) !== 0, 'expected an IP address')
    .optional(),
  MOORING_HTTP_PORT: settings.count(1, 65_535).default(8081),
  MOORING_HTTPS_PORT: settings.count(1, 65_535).default(8443),
  /** What visitors see, used in redirects. */
  MOORING_PUBLIC_HTTPS_PORT: settings.count(1, 65_535).default(443),
  /** A path or a name to look for. */
  MOORING_NGINX: settings.text().default('nginx'),
  MOORING_NGINX_WORKERS: settings.count(1, 256).default(2),
  /** `per_handshake` makes changes cheap, `at_reload` handshakes. Absent: the first, where nginx's workers can read. */
  MOORING_NGINX_CERTIFICATES: z.enum(['per_handshake', 'at_reload']).optional(),
  MOORING_UPSTREAM_ALLOW: settings.cidrs().default([]),
  /** Servers that targets' names are looked up at; the machine's own when absent. */
  MOORING_DNS_SERVERS: settings.addresses().default([]),
  MOORING_HEARTBEAT_SECONDS: settings.seconds(0.1).default(10_000),
})

// The API takes what can be a DNS label.
function label() {
  return settings
    .text()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'expected lower-case letters, digits and inner hyphens')
}

function defaultName(): string {
  const [first = ''] = hostname().toLowerCase().split('.')
  return (
    first
      .replaceAll(/[^a-z0-9-]/g, '')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 63) || 'edge'
  )
}
