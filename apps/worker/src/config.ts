import { hostname } from 'node:os'
import { SECOND } from '@mooring/core'
import {
  authorityComplaints,
  authoritySettings,
  dnsSettings,
  metricsSettings,
  settings,
  tracingSettings,
} from '@mooring/runtime'
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
    ...metricsSettings,
    ...tracingSettings,
    /** The worker's name, as operators see it and as attempts record it; each process needs its own. */
    MOORING_WORKER_NAME: settings.text().default(`${hostname()}-${process.pid}`),
    /** How many domains the worker has in hand at once. A slot mostly waits for the network; 32 fill a core. */
    MOORING_SLOTS: settings.count(1).default(4),
    /** How long a claim lasts that is not renewed: after a crash, when another worker may take the domain. */
    MOORING_LEASE_SECONDS: settings.seconds(1).default(60 * SECOND),
    ...lifecycleSettings,
    MOORING_EDGE_HOSTNAME: settings.text(),
    MOORING_EDGE_ADDRESSES: settings.ips(),
    ...dnsSettings,
    /** Private addresses that may be asked over HTTP for a proof, besides the edges' own. */
    MOORING_UPSTREAM_ALLOW: settings.cidrs().default([]),
    MOORING_ENCRYPTION_KEY: settings.hexKey(),
    /** Keys before it, while the scheduler still rotates what they sealed. */
    MOORING_ENCRYPTION_KEYS_BEFORE: settings.hexKeys().default([]),
    ...authoritySettings,
    /** Requests that one worker has open at one certificate authority at once. */
    MOORING_ACME_CONCURRENCY: settings.count(1).default(8),
    /** A folder for what the local authority or certbot keeps; needed for these two, and shared by all workers. */
    MOORING_DATA_DIR: settings.text().optional(),
  })
  .superRefine((config, context) => {
    for (const { path, message } of authorityComplaints(config)) {
      context.addIssue({ code: 'custom', path: [path], message })
    }
    if (config.MOORING_ISSUER !== 'acme' && config.MOORING_DATA_DIR === undefined) {
      const message = `expected a folder for the ${config.MOORING_ISSUER} issuer`
      context.addIssue({ code: 'custom', path: ['MOORING_DATA_DIR'], message })
    }
  })
