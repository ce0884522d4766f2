import { hostname } from 'node:os'
import { SECOND } from '@mooring/core'
import { dnsSettings, settings } from '@mooring/runtime'
import { z } from 'zod'
import { lifecycleSettings } from './lifecycle-settings.ts'

/** The worker's environment. Times are in milliseconds once read. */
export const configSchema = z
  .object({
    DATABASE_URL: settings.url('postgres', 'postgresql'),
    AMQP_URL: settings.url('amqp', 'amqps'),
    LOG_LEVEL: settings.logLevel().default('info'),
    HOST: settings.text().default('127.0.0.1'),
    MOORING_HEALTH_PORT: settings.port().optional(),
    MOORING_WORKER_NAME: settings.text().default(`${hostname()}-${process.pid}`),
    /** Domains in hand at once, each in a slot of its own. */
    MOORING_SLOTS: settings.count(1).default(4),
    MOORING_LEASE_SECONDS: settings.seconds(1).default(60 * SECOND),
    ...lifecycleSettings,
    MOORING_EDGE_HOSTNAME: settings.text(),
    MOORING_EDGE_ADDRESSES: settings.ips(),
    ...dnsSettings,
    /** Private addresses that may be asked over HTTP for a proof, besides the edges' own. */
    MOORING_UPSTREAM_ALLOW: settings.cidrs().default([]),
    MOORING_ENCRYPTION_KEY: settings.hexKey(),
    MOORING_ISSUER: z.enum(['acme', 'local']).default('acme'),
    MOORING_ACME_DIRECTORY: settings.url('https').optional(),
    MOORING_ACME_CONTACT: settings.text().optional(),
    MOORING_ACME_CA_FILE: settings.text().optional(),
    MOORING_ACME_CONCURRENCY: settings.count(1).default(8),
    MOORING_ACME_EAB_KID: settings.text().optional(),
    MOORING_ACME_EAB_HMAC: settings.secret(settings.text()).optional(),
    /** Where the local CA keeps its key and certificate. */
    MOORING_DATA_DIR: settings.text().optional(),
  })
  .superRefine((config, context) => {
    const needs = (variable: keyof typeof config, why: string) => {
      if (config[variable] === undefined) context.addIssue({ code: 'custom', path: [variable], message: why })
    }
    if (config.MOORING_ISSUER === 'acme') needs('MOORING_ACME_DIRECTORY', 'expected the URL of an ACME directory')
    if (config.MOORING_ISSUER === 'local') needs('MOORING_DATA_DIR', 'expected a folder for the local CA')
    if (config.MOORING_ACME_EAB_KID !== undefined)
      needs('MOORING_ACME_EAB_HMAC', 'expected beside MOORING_ACME_EAB_KID')
  })

export type Config = z.output<typeof configSchema>
