import { BOOTSTRAP, SECOND } from '@mooring/core'
import { z } from 'zod'
import { principalOf } from '../access.ts'
import { jobResource } from '../domain-resource.ts'
import { jobCountsSchema, jobFilters, jobSchema, pageFields, pageOf, problems } from '../schemas.ts'
import { keepSnapshot } from '../snapshot.ts'
import type { App, RouteContext } from './route.ts'

const COUNTS_GOOD_FOR_MS = 2 * SECOND

/** Domains as work: what is due, running, waiting, failed, and messages that nobody could take. */
export function jobRoutes(app: App, { registryOf }: RouteContext): void {
  const countsOfAll = keepSnapshot(() => registryOf({ principal: BOOTSTRAP }).jobCounts(), COUNTS_GOOD_FOR_MS)

  app.get(
    '/v1/jobs',
    {
      config: { tenants: true },
      schema: {
        summary: 'List jobs, with the number of each kind',
        description: 'The numbers are the same for everybody of the platform who asks within two seconds.',
        tags: ['ops'],
        querystring: z.strictObject({ ...jobFilters, ...pageFields }),
        response: { 200: pageOf(jobSchema).extend({ counts: jobCountsSchema }), ...problems(422) },
      },
    },
    async (request, reply) => {
      const { limit, cursor = null, ...filter } = request.query
      const registry = registryOf(request)
      const [{ data, nextCursor }, counts] = await Promise.all([
        registry.jobs(filter, { limit, cursor }),
        principalOf(request).tenant === null ? countsOfAll() : registry.jobCounts(),
      ])
      return reply.send({ data: data.map(jobResource), next_cursor: nextCursor, counts })
    },
  )
}
