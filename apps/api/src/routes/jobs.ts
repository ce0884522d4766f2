import { JOB_KINDS } from '@mooring/core'
import { z } from 'zod'
import { jobResource } from '../domain-resource.ts'
import { jobCountsSchema, jobSchema, pageFields, pageOf, problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

/** Domains as work: what is due, running, waiting, failed, and messages that nobody could take. */
export function jobRoutes(app: App, { registry }: RouteContext): void {
  app.get(
    '/v1/jobs',
    {
      schema: {
        summary: 'List jobs, with the number of each kind',
        tags: ['ops'],
        querystring: z.strictObject({
          kind: z.enum(JOB_KINDS).optional(),
          q: z.string().min(1).max(253).optional().describe('Part of a hostname.'),
          ...pageFields,
        }),
        response: { 200: pageOf(jobSchema).extend({ counts: jobCountsSchema }), ...problems(422) },
      },
    },
    async ({ query: { limit, cursor = null, ...filter } }, reply) => {
      const [{ data, nextCursor }, counts] = await Promise.all([
        registry.jobs(filter, { limit, cursor }),
        registry.jobCounts(),
      ])
      return reply.send({ data: data.map(jobResource), next_cursor: nextCursor, counts })
    },
  )
}
