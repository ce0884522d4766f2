import { BUCKETS, JOB_KINDS, STATES } from '@mooring/core'
import { z } from 'zod'

const time = z.string().meta({ format: 'date-time' })

export const overviewSchema = z
  .object({
    as_of: time.describe('At most two seconds ago.'),
    domains: z.object({ by_state: z.record(z.enum(STATES), z.int()), total: z.int() }),
    launches: z.object({
      per_minute: z
        .array(z.object({ minute: time, started: z.int(), activated: z.int(), failed: z.int() }))
        .describe('The last 60 minutes, the oldest first. `failed`: what stands failed since then.'),
    }),
    time_to_active: z.object({
      window_minutes: z.int(),
      count: z.int(),
      p50_seconds: z.number().nullable(),
      p95_seconds: z.number().nullable(),
    }),
    oldest_due: z.object({ domain_id: z.string(), hostname: z.string(), seconds: z.number() }).nullable(),
    troubles: z
      .array(z.object({ code: z.string(), actor: z.string(), count: z.int() }))
      .describe('Why domains wait or failed, the most frequent first.'),
    jobs: z.record(z.enum(JOB_KINDS), z.int()).describe('Each counted up to 100,000.'),
    budgets: z
      .array(
        z.object({
          ca: z.string(),
          bucket: z.enum(BUCKETS),
          key: z.string(),
          used: z.number(),
          capacity: z.number().nullable().describe('Null where the limit is not known.'),
          full_at: time.nullable().describe('When nothing of it is used any more.'),
          blocked_until: time.nullable(),
        }),
      )
      .describe('In use, the emptiest of each kind first.'),
    authorities: z.array(z.object({ ca: z.string(), down_since: time.nullable() })),
    certificates: z.object({
      by_days_left: z
        .array(z.object({ from: z.int().nullable(), to: z.int().nullable(), count: z.int() }))
        .describe('Counted within the last two minutes.'),
      failing_renewals: z.int(),
    }),
    queues: z
      .array(z.object({ name: z.string(), messages: z.int(), consumers: z.int() }))
      .describe('Empty while the broker cannot be asked.'),
    workers: z.object({ live: z.int(), slots: z.int(), busy: z.int() }),
    edges: z.object({
      live: z.int(),
      silent: z.int(),
      behind: z.int().describe('Live, without proof of what their pool is at.'),
      quarantined: z.int(),
    }),
  })
  .meta({ id: 'Overview' })
