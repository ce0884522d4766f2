import { DAY, SECOND } from '@mooring/core'
import { authoritySettings, dnsSettings, settings } from '@mooring/runtime'
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
  /** Keys before it, while the scheduler still rotates what they sealed. */
  MOORING_ENCRYPTION_KEYS_BEFORE: settings.hexKeys().default([]),
  MOORING_EDGE_HOSTNAME: settings.text(),
  /** Needed for apex names, which cannot hold a CNAME. */
  MOORING_EDGE_ADDRESSES: settings.ips(),
  /** Names of the platform, with all below them, that nobody may register. The edges' name always is one. */
  MOORING_RESERVED_HOSTNAMES: settings.names().default([]),
  /** Zones that are not public, such as a demo's, under which names may be registered all the same. */
  MOORING_ALLOWED_ZONES: settings.names().default([]),
  MOORING_UPSTREAM_ALLOW: settings.cidrs().default([]),
  /** How diagnoses ask; what workers ask is theirs. */
  ...dnsSettings,
  /** What limits tells of; the workers' settings. */
  ...authoritySettings,
  MOORING_TOKEN_DAYS: settings.days().default(7 * DAY),
  /** How long the token before stays good when a rotation is asked for. */
  MOORING_ROTATION_GRACE_DAYS: settings.days().default(30 * DAY),
  MOORING_LONG_POLL_SECONDS: settings.seconds(1).default(30 * SECOND),
  MOORING_HINT_SECONDS: settings.seconds(1).default(30 * SECOND),
  MOORING_TENANT_IN_FLIGHT: settings.count(1).default(25),
})
