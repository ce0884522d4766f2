import { z } from 'zod'
import { edgeResource } from '../domain-resource.ts'
import { answerOnce } from '../idempotency.ts'
import { notFound } from '../problem.ts'
import { edgeSchema, problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

// Also a file name and a header value on the edge's side, hence no more than a DNS label.
const label = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'Lower-case letters, digits and inner hyphens.')

/**
 * Enrolling edges, seeing how they are, and forgetting them. Who gives out tokens is an admin; setting an edge apart is an
 * operator's, who is the one awake at night.
 */
export function edgeRoutes(app: App, context: RouteContext): void {
  const { edges, publishDue, record } = context

  app.post(
    '/v1/edges',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'Enrol an edge, or give a known one a new token',
        tags: ['edges'],
        body: z.strictObject({ name: label, pool: label.default('default') }),
        response: {
          201: z.object({
            id: z.string(),
            name: z.string(),
            pool: z.string(),
            token: z.string().describe('Shown this once.'),
          }),
          ...problems(400, 409, 413, 415, 422),
        },
      },
    },
    (request, reply) =>
      answerOnce(request, reply, context, async () => {
        const { edge, token } = await edges.enrol(request.body)
        const headers = { location: `/v1/edges/${edge.id}`, 'cache-control': 'no-store' }
        return { status: 201, headers, body: { id: edge.id, name: edge.name, pool: edge.pool, token } }
      }),
  )

  app.get(
    '/v1/edges',
    {
      schema: {
        summary: 'List edges',
        tags: ['edges'],
        response: { 200: z.object({ data: z.array(edgeSchema), next_cursor: z.null() }), ...problems() },
      },
    },
    async (_request, reply) => reply.send({ data: (await edges.list()).map(edgeResource), next_cursor: null }),
  )

  app.post(
    '/v1/edges/:id/quarantine',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Set an edge apart: nobody waits for it',
        description:
          'It pulls its routes as ever; what it has proved or refused counts for nothing. Visitors are kept from it in DNS or ' +
          'at the load balancer.',
        tags: ['edges'],
        params: z.strictObject({ id: z.string() }),
        response: { 204: z.null().describe('Set apart.'), ...problems(404) },
      },
    },
    async (request, reply) => {
      const { due } = await record(request, async () => {
        const answer = await edges.quarantine(request.params.id)
        if (answer === null) throw notFound('edge')
        return answer
      })
      publishDue(due)
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/v1/edges/:id/release',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'End an edge’s quarantine: what is published from now on waits for it',
        tags: ['edges'],
        params: z.strictObject({ id: z.string() }),
        response: { 204: z.null().describe('Counted on again.'), ...problems(404) },
      },
    },
    async (request, reply) => {
      await record(request, async () => {
        if (!(await edges.release(request.params.id))) throw notFound('edge')
      })
      return reply.code(204).send(null)
    },
  )

  app.delete(
    '/v1/edges/:id',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'Forget an edge: its token stops working, and removals no longer wait for it',
        tags: ['edges'],
        params: z.strictObject({ id: z.string() }),
        response: { 204: z.null().describe('Forgotten.'), ...problems(404) },
      },
    },
    async (request, reply) => {
      const due = await record(request, async () => {
        const answer = await edges.remove(request.params.id)
        if (!answer.removed) throw notFound('edge')
        return answer.due
      })
      publishDue(due)
      return reply.code(204).send(null)
    },
  )
}
