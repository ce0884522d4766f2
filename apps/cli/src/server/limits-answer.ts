import { z } from 'zod'

const forecastSchema = z.object({ orders: z.number().nullable(), goes_at: z.string().nullable() })

/** As much of `GET /v1/limits` as is shown; `limits --json` hands on all of it. Null counts are without a limit. */
export const limitsSchema = z.object({
  at: z.string(),
  until: z.string(),
  authorities: z.array(
    z.object({
      name: z.string(),
      launches: z.number().nullable(),
      goes_at: z.string().nullable(),
      accounts: z.array(
        z.object({
          name: z.string(),
          left: z.number().nullable(),
          launches: z.number().nullable(),
          goes_at: z.string().nullable(),
        }),
      ),
      buckets: z.array(
        z.object({
          bucket: z.string(),
          key: z.string(),
          left: z.object({ launches: z.number().nullable(), renewals: z.number().nullable() }),
          blocked_until: z.string().nullable(),
          unpause_url: z.string().nullable(),
          failures: z.number(),
          waiting_until: z.string().nullable(),
          launches: forecastSchema,
        }),
      ),
    }),
  ),
})

export type LimitsAnswer = z.output<typeof limitsSchema>
export type AuthorityAnswer = LimitsAnswer['authorities'][number]
export type BucketAnswer = AuthorityAnswer['buckets'][number]
