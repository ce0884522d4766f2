import { join } from 'node:path'
import { accessSettings } from '@mooring/api'
import { authoritySettings, dnsSettings, metricsSettings, settings, tracingSettings } from '@mooring/runtime'
import {
  customerMailComplaints,
  customerMailSettings,
  noticeComplaints,
  noticeSettings,
  retentionSettings,
} from '@mooring/scheduler'
import { lifecycleSettings } from '@mooring/worker'
import { z } from 'zod'

/** What `npm start` may be told. Everything has a default; secrets are made on first use and kept in the data folder. */
export const configSchema = z
  .object({
    HOST: settings.text().default('127.0.0.1'),
    PORT: settings.port().default(8080),
    LOG_LEVEL: settings.logLevel().default('info'),
    MOORING_DATA_DIR: settings.text().default(join(import.meta.dirname, '../../../.mooring')),
    /** A PostgreSQL of the reader's own; without it one is run in the data folder. */
    DATABASE_URL: settings.url('postgres', 'postgresql').optional(),
    MOORING_API_KEY: settings.apiKey().optional(),
    MOORING_ENCRYPTION_KEY: settings.hexKey().optional(),
    /** `MOORING_DNS_SERVERS` is asked for every name outside the demo's zones; without it the system's own resolvers are. */
    ...dnsSettings,
    MOORING_PROBE_HTTP_PORT: settings.port().optional(),
    MOORING_PROBE_HTTPS_PORT: settings.port().optional(),
    MOORING_EDGE_HOSTNAME: settings.text().default('edge.platform.example'),
    MOORING_EDGE_ADDRESSES: settings.ips().default(['127.0.0.1']),
    MOORING_UPSTREAM_ALLOW: settings.cidrs().default(['127.0.0.0/8', '::1/128']),
    /** So that a receiver on this machine can be tried. */
    MOORING_WEBHOOK_ALLOW: settings.cidrs().default(['127.0.0.0/8', '::1/128']),
    ...noticeSettings,
    ...customerMailSettings,
    ...lifecycleSettings,
    ...retentionSettings,
    ...authoritySettings,
    ...metricsSettings,
    ...accessSettings,
    ...tracingSettings,
    /** Where people look at a trace, with `{trace_id}` in it: the dashboard links to it. */
    MOORING_TRACE_URL: settings.traceUrl().optional(),
    /** `local`: a CA made in the data folder. */
    MOORING_ISSUER: z.enum(['local', 'acme']).default('local'),
    MOORING_ACME_CONCURRENCY: settings.count(1).default(8),
    MOORING_SLOTS: settings.count(1, 256).default(8),
    MOORING_HTTP_PORT: settings.port().default(8081),
    MOORING_HTTPS_PORT: settings.port().default(8443),
    /** What visitors see, used in redirects; the port itself unless something stands before it. */
    MOORING_PUBLIC_HTTPS_PORT: settings.port().optional(),
    MOORING_NGINX: settings.text().default('nginx'),
    /** Whether a first demo site is launched; by default with the local CA only, since no other knows the demo's zone. */
    MOORING_DEMO: settings.flag().optional(),
  })
  .superRefine((config, context) => {
    for (const complaint of [...noticeComplaints(config), ...customerMailComplaints(config)])
      context.addIssue({ code: 'custom', ...complaint })
  })

export type Config = z.output<typeof configSchema>
