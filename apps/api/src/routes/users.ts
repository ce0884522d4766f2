import { hashPassword, newUserId } from '@mooring/core'
import { z } from 'zod'
import { newUserSchema, userChangeSchema, userResource, userSchema } from '../access-schemas.ts'
import { notFound, Refusal } from '../problem.ts'
import { pageFields, pageOf, problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

const USER_ID = /^user_[0-9a-f-]{36}$/
const userParams = z.strictObject({ id: z.string() })

/** People who sign in. Those of an identity provider come by themselves, with the role that it gives them. */
export function userRoutes(app: App, { access, record }: RouteContext): void {
  const { users } = access

  app.post(
    '/v1/users',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'Make a local user',
        description: 'With the same address again it is 409, so that a request may be repeated.',
        tags: ['access'],
        body: newUserSchema,
        response: { 201: userSchema, ...problems(400, 409, 413, 415, 422, 429) },
      },
    },
    async (request, reply) => {
      const { email, name, role, password } = request.body
      const passwordHash = await hashPassword(password)
      const user = await record(
        request,
        async () => {
          const made = await users.create({ id: newUserId(), email, name, role, passwordHash })
          if (made === null) throw new Refusal('CONFLICT', `There is a local user ${email.toLowerCase()} already.`)
          return made
        },
        ({ id }) => [{ subject: id }],
      )
      return reply.code(201).header('location', `/v1/users/${user.id}`).send(userResource(user))
    },
  )

  app.get(
    '/v1/users',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'List users, newest first',
        tags: ['access'],
        querystring: z.strictObject(pageFields),
        response: { 200: pageOf(userSchema), ...problems(422, 429) },
      },
    },
    async ({ query: { limit, cursor = null } }, reply) => {
      const { data, nextCursor } = await users.list({ limit, cursor })
      return reply.send({ data: data.map(userResource), next_cursor: nextCursor })
    },
  )

  app.patch(
    '/v1/users/:id',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'Change a user; a role counts from the next request on',
        tags: ['access'],
        params: userParams,
        body: userChangeSchema,
        response: { 200: userSchema, ...problems(400, 404, 409, 413, 415, 422, 429) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      if (!USER_ID.test(id)) throw notFound('user')
      const { password, ...change } = request.body
      const passwordHash = password === undefined ? undefined : await hashPassword(password)
      const user = await record(request, async () => {
        const changed = await users.change(id, { ...change, passwordHash })
        if (changed === null) throw notFound('user')
        if (changed !== 'managed') return changed
        throw new Refusal('CONFLICT', 'Name, role and password of this user are the identity provider’s to change.')
      })
      return reply.send(userResource(user))
    },
  )

  app.delete(
    '/v1/users/:id',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'Forget a user, whose sessions end at once',
        description: 'One of an identity provider comes back with the next sign-in; disable that one instead.',
        tags: ['access'],
        params: userParams,
        response: { 204: z.null().describe('Forgotten.'), ...problems(404, 422, 429) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      await record(request, async () => {
        if (!USER_ID.test(id) || !(await users.remove(id))) throw notFound('user')
      })
      return reply.code(204).send(null)
    },
  )
}
