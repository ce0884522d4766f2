import { DAY, SECOND } from '@mooring/core'
import {
  authoritySettings,
  dnsSettings,
  metricsSettings,
  settings,
  tracingSettings,
  webhookSettings,
} from '@mooring/runtime'
import { z } from 'zod'
import { accessSettings } from './access-settings.ts'

/** The API's environment. Times are in milliseconds once read. */
export const configSchema = z.object({
  /** The PostgreSQL that holds everything. Its user may be an ordinary one that may create roles. */
  DATABASE_URL: settings.url('postgres', 'postgresql'),
  /** The RabbitMQ that carries hints. What is lost in it costs seconds, nothing else. */
  AMQP_URL: settings.url('amqp', 'amqps'),
  /** The address to listen on: the API with `PORT`, the others with `MOORING_HEALTH_PORT`. `0.0.0.0` for all. */
  HOST: settings.text().default('127.0.0.1'),
  /** The port of the API, the dashboard included. */
  PORT: settings.port().default(8080),
  /** `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`. Logs are lines of JSON on standard output. */
  LOG_LEVEL: settings.logLevel().default('info'),
  /**
   * An admin key, 32 characters or more. The API always takes it: make other keys with it, then keep it away. An edge
   * agent without a token enrols itself with it once.
   */
  MOORING_API_KEY: settings.apiKey(),
  /**
   * 64 hexadecimal digits (`openssl rand -hex 32`), the same everywhere: what private keys and secrets are sealed with.
   * It is in no backup of the database.
   */
  MOORING_ENCRYPTION_KEY: settings.hexKey(),
  /**
   * Keys before it, separated by commas, while the scheduler still wraps anew what they sealed. Its log says when they
   * can go.
   */
  MOORING_ENCRYPTION_KEYS_BEFORE: settings.hexKeys().default([]),
  /** What customers' CNAMEs point at, such as edge.platform.example. */
  MOORING_EDGE_HOSTNAME: settings.text(),
  /** The edges' public addresses, for names that cannot hold a CNAME; customers' A and AAAA records point there. */
  MOORING_EDGE_ADDRESSES: settings.ips(),
  /** Names of the platform that nobody may register, nor any name below them. The edges' name always is one. */
  MOORING_RESERVED_HOSTNAMES: settings.names().default([]),
  /** Zones that are not public, such as a demo's, under which names may be registered all the same. */
  MOORING_ALLOWED_ZONES: settings.names().default([]),
  /**
   * Private addresses (CIDR blocks) that targets may have and that may be asked for a proof; all others in private
   * ranges are refused. Set it alike everywhere.
   */
  MOORING_UPSTREAM_ALLOW: settings.cidrs().default([]),
  ...webhookSettings,
  /** How diagnoses ask; what workers ask is theirs. */
  ...dnsSettings,
  /** What limits tells of; the workers' settings. */
  ...authoritySettings,
  ...metricsSettings,
  ...tracingSettings,
  /** Where people look at a trace, such as `https://tempo.example/trace/{trace_id}`: the dashboard links to it. */
  MOORING_TRACE_URL: settings.traceUrl().optional(),
  ...accessSettings,
  /** How long an ownership token that was never found is good for. */
  MOORING_TOKEN_DAYS: settings.days().default(7 * DAY),
  /** How long the ownership token before stays good beside a new one. */
  MOORING_ROTATION_GRACE_DAYS: settings.days().default(30 * DAY),
  /**
   * How long an edge's question for changed routes is kept open when there are none. Below the idle timeout of whatever
   * stands in between.
   */
  MOORING_LONG_POLL_SECONDS: settings.seconds(1).default(30 * SECOND),
  /** A hint that no worker took up for this long is given again. The same for API and scheduler. */
  MOORING_HINT_SECONDS: settings.seconds(1).default(30 * SECOND),
  /** How many domains of one tenant may be in hand before others' go first. The same for API and scheduler. */
  MOORING_TENANT_IN_FLIGHT: settings.count(1).default(25),
})
