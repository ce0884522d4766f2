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

/** Enrolling edges, seeing how they are, and forgetting them. */
export function edgeRoutes(app: App, context: RouteContext): void {
  const { edges, publishDue } = context

  app.post(
    '/v1/edges',
    {
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

  app.delete(
    '/v1/edges/:id',
    {
      schema: {
        summary: 'Forget an edge: its token stops working, and removals no longer wait for it',
        tags: ['edges'],
        params: z.strictObject({ id: z.string() }),
        response: { 204: z.null().describe('Forgotten.'), ...problems(404) },
      },
    },
    async (request, reply) => {
      const { removed, due } = await edges.remove(request.params.id)
      if (!removed) throw notFound('edge')
      publishDue(due)
      return reply.code(204).send(null)
    },
  )
}
