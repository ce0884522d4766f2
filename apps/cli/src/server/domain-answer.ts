import { z } from 'zod'

/** As much of a domain as is shown; `domains show --json` hands on all of it. */
export const domainSchema = z.object({
  id: z.string(),
  hostname: z.string(),
  state: z.string(),
  reason: z.object({ code: z.string(), message: z.string(), actor: z.string() }).nullable(),
  target: z.object({ type: z.string(), url: z.string().optional(), service: z.string().optional() }),
  next_check_at: z.string().nullable(),
  created_at: z.string(),
  verification: z.object({ http: z.object({ url: z.string(), body: z.string() }).nullish() }),
  dns: z.object({
    records: z.array(
      z.object({
        type: z.string(),
        name: z.string(),
        value: z.string(),
        status: z.string(),
        observed: z.array(z.string()),
      }),
    ),
  }),
})

export const domainListSchema = z.object({ data: z.array(domainSchema), next_cursor: z.string().nullable() })

export type DomainAnswer = z.output<typeof domainSchema>
export type DomainList = z.output<typeof domainListSchema>
