import type { WorkerInHand } from '@mooring/core'
import { z } from 'zod'
import { notFound } from '../problem.ts'
import { problems, workerSchema } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

const params = z.strictObject({ name: z.string().max(253) })

/** Who works, on what, and who is to stop taking more. */
export function workerRoutes(app: App, { operations, record }: RouteContext): void {
  app.get(
    '/v1/workers',
    {
      schema: {
        summary: 'List workers, with what each has in hand',
        tags: ['ops'],
        response: { 200: z.object({ data: z.array(workerSchema), next_cursor: z.null() }), ...problems() },
      },
    },
    async (_request, reply) =>
      reply.send({ data: (await operations.workers()).map(workerResource), next_cursor: null }),
  )

  const set = (path: string, draining: boolean, summary: string) =>
    app.post(
      `/v1/workers/:name/${path}`,
      {
        schema: {
          summary,
          description: 'The worker learns of it with its next heartbeat, within ten seconds.',
          tags: ['ops'],
          params,
          response: { 202: z.object({ name: z.string(), draining: z.boolean() }), ...problems(404) },
        },
      },
      async (request, reply) => {
        const { name } = request.params
        await record(
          request,
          async () => {
            if (!(await operations.setDraining(name, draining))) throw notFound('worker')
          },
          () => [{ after: { draining } }],
        )
        return reply.code(202).send({ name, draining })
      },
    )
  set('drain', true, 'Let a worker finish what it has, and take nothing new')
  set('resume', false, 'Let a drained worker take work again')
}

const workerResource = ({ startedAt, seenAt, jobs, ...worker }: WorkerInHand): z.output<typeof workerSchema> => ({
  ...worker,
  busy: jobs.length,
  started_at: startedAt.toISOString(),
  seen_at: seenAt.toISOString(),
  jobs: jobs.map(({ domainId, hostname, step, since }) => ({
    domain_id: domainId,
    hostname,
    step,
    since: since.toISOString(),
  })),
})
