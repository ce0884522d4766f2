import { settings } from '@mooring/runtime'
import { z } from 'zod'

/** The scheduler's environment. */
export const configSchema = z.object({
  DATABASE_URL: settings.url('postgres', 'postgresql'),
  AMQP_URL: settings.url('amqp', 'amqps'),
  LOG_LEVEL: settings.logLevel().default('info'),
  HOST: settings.text().default('127.0.0.1'),
  MOORING_HEALTH_PORT: settings.port().optional(),
  /** A hint that no worker took up for this long is given again. */
  MOORING_HINT_SECONDS: settings.seconds(1).default(30_000),
  /** Domains of one tenant in hand before others' go first. */
  MOORING_TENANT_IN_FLIGHT: settings.count(1).default(25),
  /** Whoever has the address may write to the channel. */
  MOORING_SLACK_WEBHOOK_URL: settings.secret(settings.url('https', 'http')).optional(),
  MOORING_NOTICE_WINDOW_SECONDS: settings.seconds(1).default(600_000),
})
