import { z } from 'zod'

/** As much of a service as is shown and compared; `services show --json` hands on all of it. */
export const serviceSchema = z.object({
  name: z.string(),
  tenant: z.string().nullable(),
  scheme: z.enum(['http', 'https']),
  servers: z.array(z.string()),
  tls_name: z.string().nullable(),
  health: z.object({ path: z.string(), interval_seconds: z.number() }).nullable(),
  edges: z.object({ applied: z.number(), pending: z.array(z.string()), silent: z.array(z.string()) }),
})

export type ServiceAnswer = z.output<typeof serviceSchema>
