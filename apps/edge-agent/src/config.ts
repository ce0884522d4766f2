import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { metricsSettings, settings, tracingSettings } from '@mooring/runtime'
import { z } from 'zod'

/** The edge agent's environment. Times are in milliseconds once read. */
export const configSchema = z.object({
  LOG_LEVEL: settings.logLevel().default('info'),
  HOST: settings.text().default('127.0.0.1'),
  /**
   * A port for `/healthz`, `/readyz` and `/metrics` of this process, for the machine room only; without it there is
   * none.
   */
  MOORING_HEALTH_PORT: settings.port().optional(),
  ...metricsSettings,
  ...tracingSettings,
  /** Where the API is, with https. */
  MOORING_API_URL: settings.url('https', 'http'),
  /** `1` allows plain http to an API that is not on this machine: keys travel in clear text. */
  MOORING_API_INSECURE: settings.flag().default(false),
  /**
   * The edge's own token, from `moor edges enrol`. Without it the one that is kept in its folder, else
   * `MOORING_API_KEY` obtains one.
   */
  MOORING_EDGE_TOKEN: settings.secret(settings.text()).optional(),
  /** An admin key: enrols the edge at its first start, where it has no token. */
  MOORING_API_KEY: settings.apiKey().optional(),
  /** The edge's name, as operators see it; one token and one set of reports belong to it. */
  MOORING_EDGE_NAME: label().default(() => defaultName()),
  /** The pool that the edge serves: it gets the routes of the domains in that pool. */
  MOORING_EDGE_POOL: label().default('default'),
  /** The agent's folder: nginx's configuration, certificates and their keys, and what was applied last. */
  MOORING_EDGE_DIR: settings.text().default('.mooring/edge'),
  /** The address of this machine that visitors are served on; every one when absent. */
  MOORING_EDGE_LISTEN: settings
    .text()
    .refine((text) => isIP(text) !== 0, 'expected an IP address')
    .optional(),
  /** Where nginx listens for HTTP. */
  MOORING_HTTP_PORT: settings.count(1, 65_535).default(8081),
  /** Where nginx listens for HTTPS. */
  MOORING_HTTPS_PORT: settings.count(1, 65_535).default(8443),
  /** The HTTPS port that visitors see, used in redirects. */
  MOORING_PUBLIC_HTTPS_PORT: settings.count(1, 65_535).default(443),
  /** The nginx program: a path, or a name to look for. */
  MOORING_NGINX: settings.text().default('nginx'),
  /** How many worker processes nginx has. */
  MOORING_NGINX_WORKERS: settings.count(1, 256).default(2),
  /**
   * When nginx reads certificates: `per_handshake` makes changes cheap, `at_reload` handshakes. Absent: the first,
   * where nginx's workers may read the files.
   */
  MOORING_NGINX_CERTIFICATES: z.enum(['per_handshake', 'at_reload']).optional(),
  MOORING_UPSTREAM_ALLOW: settings.cidrs().default([]),
  /** Servers that targets' names are looked up at; the machine's own when absent. */
  MOORING_DNS_SERVERS: settings.addresses().default([]),
  /** How often the edge reports when nothing changed. */
  MOORING_HEARTBEAT_SECONDS: settings.seconds(0.1).default(10_000),
  /** How often the edge reports what visitors asked of each domain. */
  MOORING_TRAFFIC_SECONDS: settings.seconds(0.1).default(60_000),
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
