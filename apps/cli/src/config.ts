import { dnsSettings, settings } from '@mooring/runtime'
import { z } from 'zod'

/** What stands in the environment; an option of the same meaning goes before it. */
export const configSchema = z.object({
  MOORING_EDGE_HOSTNAME: settings.text().optional(),
  MOORING_EDGE_ADDRESSES: settings.ips().optional(),
  ...dnsSettings,
  /** Zones that are not public, such as a demo’s. */
  MOORING_ALLOWED_ZONES: settings.names().default([]),
  /** A server of Mooring that may know the domain. */
  MOORING_API_URL: settings.url('http', 'https').optional(),
  MOORING_API_KEY: settings.apiKey().optional(),
  MOORING_API_INSECURE: settings.flag().default(false),
})

export type Config = z.output<typeof configSchema>
