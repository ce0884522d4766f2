import { createKeyCustody } from '@mooring/core'
import type { Database } from '@mooring/postgres'
import { edgeIdentityOf, type Meter } from '@mooring/runtime'
import type { z } from 'zod'
import type { configSchema } from './config.ts'
import { openWebhooks } from './open-webhooks.ts'
import type { Webhooks } from './run-webhooks.ts'

/** Null without the key that their secrets are sealed with, or the edges' name, which stands in the records they show. */
export function webhooksOf(config: z.output<typeof configSchema>, database: Database, meter: Meter): Webhooks | null {
  const { MOORING_ENCRYPTION_KEY: key, MOORING_EDGE_HOSTNAME: hostname } = config
  if (key === undefined || hostname === undefined) {
    database.log.warn({}, 'webhooks are not sent: they need MOORING_ENCRYPTION_KEY and MOORING_EDGE_HOSTNAME here, too')
    return null
  }
  return openWebhooks({
    database,
    custody: createKeyCustody(key, config.MOORING_ENCRYPTION_KEYS_BEFORE),
    edge: edgeIdentityOf({ ...config, MOORING_EDGE_HOSTNAME: hostname }),
    allow: config.MOORING_WEBHOOK_ALLOW,
    dnsServers: config.MOORING_DNS_SERVERS,
    meter,
  })
}
