import { z } from 'zod'

/** As much of a domain as is compared with what is wanted. */
export const presentSchema = z.object({
  id: z.string(),
  hostname: z.string(),
  tenant: z.string(),
  state: z.string(),
  target: z.record(z.string(), z.unknown()),
  verification: z.record(z.string(), z.unknown()),
  tls: z.record(z.string(), z.unknown()),
  edge_pool: z.string(),
  vhost: z.string(),
  metadata: z.record(z.string(), z.unknown()),
})

export type Present = z.output<typeof presentSchema>
