import { DAY, SECOND } from '@mooring/core'
import { settings } from '@mooring/runtime'
import { z } from 'zod'

/** The API's environment. Times are in milliseconds once read. */
export const configSchema = z.object({
  DATABASE_URL: settings.url('postgres', 'postgresql'),
  AMQP_URL: settings.url('amqp', 'amqps'),
  HOST: settings.text().default('127.0.0.1'),
  PORT: settings.port().default(8080),
  LOG_LEVEL: settings.logLevel().default('info'),
  MOORING_API_KEY: settings.apiKey(),
  MOORING_ENCRYPTION_KEY: settings.hexKey(),
  MOORING_EDGE_HOSTNAME: settings.text(),
  /** Needed for apex names, which cannot hold a CNAME. */
  MOORING_EDGE_ADDRESSES: settings.ips(),
  /** Names of the platform, with all below them, that nobody may register. The edges' name always is one. */
  MOORING_RESERVED_HOSTNAMES: names(),
  /** Zones that are not public, such as a demo's, under which names may be registered all the same. */
  MOORING_ALLOWED_ZONES: names(),
  MOORING_UPSTREAM_ALLOW: settings.cidrs().default([]),
  MOORING_TOKEN_DAYS: settings.days().default(7 * DAY),
  MOORING_LONG_POLL_SECONDS: settings.seconds(1).default(30 * SECOND),
  MOORING_HINT_SECONDS: settings.seconds(1).default(30 * SECOND),
  MOORING_TENANT_IN_FLIGHT: settings.count(1).default(25),
})

function names() {
  return settings
    .text()
    .regex(/^[a-z0-9.-]+(?:, *[a-z0-9.-]+)*$/, 'expected lower-case names, separated by commas')
    .transform((text) => text.split(',').map((name) => name.trim()))
    .default([])
}
