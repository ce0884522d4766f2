import { DAY, type KeyCustody, createKeyCustody } from '@mooring/core'
import { metricsSettings, settings, webhookSettings } from '@mooring/runtime'
import { z } from 'zod'
import { customerMailComplaints, customerMailSettings } from './customer-mail-settings.ts'
import { noticeComplaints, noticeSettings } from './notice-settings.ts'

/** For how long what is over is kept, for a configuration's schema. Milliseconds once read. */
export const retentionSettings = {
  /** How long a deprovisioned domain is kept with its events; that its name was let go is remembered for good. */
  MOORING_HISTORY_DAYS: settings.days().default(365 * DAY),
  /** How long metadata and target of a deprovisioned domain are kept. */
  MOORING_PERSONAL_DAYS: settings.days().default(30 * DAY),
  /** How long the certificate of a domain that left is kept for its return. */
  MOORING_PARKED_DAYS: settings.days().default(30 * DAY),
  /** How long the steps that workers ran are kept. */
  MOORING_ATTEMPTS_DAYS: settings.days().default(30 * DAY),
  /** How long traffic by domain and minute is kept. */
  MOORING_TRAFFIC_DAYS: settings.days().default(30 * DAY),
  /** How long the audit is kept. Less than a day counts as one. */
  MOORING_AUDIT_DAYS: settings.days().default(730 * DAY),
  /**
   * How long the audit's names, addresses, reasons and what people typed are kept; the chain stays whole without them.
   */
  MOORING_AUDIT_PERSONAL_DAYS: settings.days().default(90 * DAY),
}

type RetentionConfig = z.output<z.ZodObject<typeof retentionSettings>>

export const retentionOf = (config: RetentionConfig) => ({
  historyMs: config.MOORING_HISTORY_DAYS,
  personalMs: config.MOORING_PERSONAL_DAYS,
  parkedMs: config.MOORING_PARKED_DAYS,
  attemptsMs: config.MOORING_ATTEMPTS_DAYS,
  trafficMs: config.MOORING_TRAFFIC_DAYS,
  auditMs: config.MOORING_AUDIT_DAYS,
  auditPersonalMs: config.MOORING_AUDIT_PERSONAL_DAYS,
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
    ...metricsSettings,
    /** A hint that no worker took up for this long is given again. */
    MOORING_HINT_SECONDS: settings.seconds(1).default(30_000),
    /** Domains of one tenant in hand before others' go first. */
    MOORING_TENANT_IN_FLIGHT: settings.count(1).default(25),
    ...noticeSettings,
    ...customerMailSettings,
    ...webhookSettings,
    /** Asked for the names of webhooks; without it the machine's own. */
    MOORING_DNS_SERVERS: settings.addresses().optional(),
    /** What mails to customers tell: the records that they need, and where the link that ends the mails leads. */
    MOORING_PUBLIC_URL: settings.url('https', 'http').optional(),
    MOORING_EDGE_HOSTNAME: settings.text().optional(),
    MOORING_EDGE_ADDRESSES: settings.ips().default([]),
    MOORING_ACME_CHALLENGE_ZONE: settings.name().optional(),
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
  .superRefine((config, context) => {
    for (const complaint of [...noticeComplaints(config), ...customerMailComplaints(config)])
      context.addIssue({ code: 'custom', ...complaint })
  })

type EncryptionConfig = Pick<z.output<typeof configSchema>, 'MOORING_ENCRYPTION_KEY' | 'MOORING_ENCRYPTION_KEYS_BEFORE'>

/** Opens what the keys before the present one sealed; null when there is nothing to rotate. */
export function custodyOf(config: EncryptionConfig): KeyCustody | null {
  const { MOORING_ENCRYPTION_KEY: key, MOORING_ENCRYPTION_KEYS_BEFORE: before } = config
  return key === undefined || before.length === 0 ? null : createKeyCustody(key, before)
}
