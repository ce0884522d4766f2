import { makeApiKey } from '@mooring/core'
import { z } from 'zod'
import { principalOf } from '../access.ts'
import { apiKeyResource, apiKeySchema, madeApiKeySchema, newApiKeySchema } from '../access-schemas.ts'
import { answerOnce } from '../idempotency.ts'
import { invalid, notFound } from '../problem.ts'
import { pageFields, pageOf, problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

const KEY_ID = /^key_[0-9a-f-]{36}$/

/** Keys for callers that are programs. */
export function keyRoutes(app: App, context: RouteContext): void {
  const { access, clock, record } = context

  app.post(
    '/v1/keys',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'Make an API key',
        tags: ['access'],
        body: newApiKeySchema,
        response: { 201: madeApiKeySchema, ...problems(400, 409, 413, 415, 422, 429) },
      },
    },
    (request, reply) =>
      answerOnce(request, reply, context, async () => {
        const { name, role, tenant = null, expires_at: expiresAt = null } = request.body
        if (expiresAt !== null && expiresAt <= clock.now()) {
          throw invalid([{ path: 'expires_at', code: 'PAST', message: 'This time is over.' }])
        }
        const { id, hash, key } = makeApiKey()
        const createdBy = principalOf(request).name
        const made = await access.keys.create({ id, hash, name, role, tenant, createdBy, expiresAt })
        return {
          status: 201,
          headers: { location: `/v1/keys/${id}`, 'cache-control': 'no-store' },
          body: { ...apiKeyResource(made), key },
        }
      }),
  )

  app.get(
    '/v1/keys',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'List API keys, newest first, revoked ones too',
        tags: ['access'],
        querystring: z.strictObject(pageFields),
        response: { 200: pageOf(apiKeySchema), ...problems(422, 429) },
      },
    },
    async ({ query: { limit, cursor = null } }, reply) => {
      const { data, nextCursor } = await access.keys.list({ limit, cursor })
      return reply.send({ data: data.map(apiKeyResource), next_cursor: nextCursor })
    },
  )

  app.delete(
    '/v1/keys/:id',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'Revoke an API key: it is good for nothing at once',
        tags: ['access'],
        params: z.strictObject({ id: z.string() }),
        response: { 204: z.null().describe('Revoked.'), ...problems(404, 422, 429) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      await record(request, async () => {
        if (!KEY_ID.test(id) || !(await access.keys.revoke(id))) throw notFound('key')
      })
      return reply.code(204).send(null)
    },
  )
}
