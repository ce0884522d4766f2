import { DAY, type KeyCustody, createKeyCustody } from '@mooring/core'
import { settings } from '@mooring/runtime'
import { z } from 'zod'

/** For how long what is over is kept, for a configuration's schema. Milliseconds once read. */
export const retentionSettings = {
  /** A deprovisioned domain with its events; that its name was let go is remembered for good. */
  MOORING_HISTORY_DAYS: settings.days().default(365 * DAY),
  /** Metadata and targets of a deprovisioned domain. */
  MOORING_PERSONAL_DAYS: settings.days().default(30 * DAY),
  /** The certificate of a domain that left, for its return. */
  MOORING_PARKED_DAYS: settings.days().default(30 * DAY),
  /** Each step that a worker ran. */
  MOORING_ATTEMPTS_DAYS: settings.days().default(30 * DAY),
}

type RetentionConfig = z.output<z.ZodObject<typeof retentionSettings>>

export const retentionOf = (config: RetentionConfig) => ({
  historyMs: config.MOORING_HISTORY_DAYS,
  personalMs: config.MOORING_PERSONAL_DAYS,
  parkedMs: config.MOORING_PARKED_DAYS,
  attemptsMs: config.MOORING_ATTEMPTS_DAYS,
})

/** The scheduler's environment. */
export const configSchema = z
  .object({
    ...retentionSettings,
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
    /** Together with the keys before it: what those sealed is wrapped with this one. */
    MOORING_ENCRYPTION_KEY: settings.hexKey().optional(),
    MOORING_ENCRYPTION_KEYS_BEFORE: settings.hexKeys().default([]),
  })
  .refine(
    (config) => config.MOORING_ENCRYPTION_KEY !== undefined || config.MOORING_ENCRYPTION_KEYS_BEFORE.length === 0,
    {
      path: ['MOORING_ENCRYPTION_KEY'],
      message: 'expected the new key beside MOORING_ENCRYPTION_KEYS_BEFORE',
    },
  )

type EncryptionConfig = Pick<z.output<typeof configSchema>, 'MOORING_ENCRYPTION_KEY' | 'MOORING_ENCRYPTION_KEYS_BEFORE'>

/** Opens what the keys before the present one sealed; null when there is nothing to rotate. */
export function custodyOf(config: EncryptionConfig): KeyCustody | null {
  const { MOORING_ENCRYPTION_KEY: key, MOORING_ENCRYPTION_KEYS_BEFORE: before } = config
  return key === undefined || before.length === 0 ? null : createKeyCustody(key, before)
}
