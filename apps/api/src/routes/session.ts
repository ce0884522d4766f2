import { AppError, BOOTSTRAP, hashOfSession, type Principal } from '@mooring/core'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { principalOf } from '../access.ts'
import { newSessionSchema, principalResource, sessionSchema, signedOutSchema } from '../access-schemas.ts'
import type { Authenticate } from '../authentication.ts'
import { assertNotForeign, assertSameOrigin } from '../origin.ts'
import { describeProblem, PROBLEM_TYPE } from '../problem.ts'
import { problems } from '../schemas.ts'
import { createSignIn } from '../sign-in.ts'
import type { App, RouteContext } from './route.ts'

/** Who is asking, and a browser's signing in and out. */
export function sessionRoutes(app: App, context: RouteContext, authenticate: Authenticate): void {
  const { access, settings, clock, tell } = context
  const { cookie, sessions, publicUrl } = access
  const signIn = createSignIn({ access, clock, adminKey: settings.adminKey })
  const waysIn = async () => ({
    password: await access.users.hasLocalAdmin(),
    oidc: access.oidc === null ? null : '/auth/oidc',
  })
  const sessionOf = async (principal: Principal) => ({
    principal: principalResource(principal),
    sign_in: await waysIn(),
    // What traces tell of is the platform's, and so is whoever may look at them.
    ...(settings.traceUrl === undefined || principal.tenant !== null ? {} : { trace_url: settings.traceUrl }),
  })
  const signedOut = {
    description: 'UNAUTHORIZED: Nobody is signed in. Says how to.',
    content: { 'application/problem+json': { schema: signedOutSchema } },
  }

  app.get(
    '/v1/session',
    {
      schema: {
        summary: 'Who is asking, by key or by cookie',
        tags: ['access'],
        response: { 200: sessionSchema, ...problems(429), 401: signedOut },
      },
      config: { isQuiet: true },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store')
      try {
        await authenticate(request)
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'UNAUTHORIZED') throw error
        const { problem, headers } = describeProblem(error, request.id)
        // Without the challenge: a browser would ask for a name and a password in a window of its own.
        const { 'www-authenticate': _challenge, ...shown } = headers
        return reply
          .code(401)
          .headers({ ...shown, 'content-type': PROBLEM_TYPE })
          .send({ ...problem, sign_in: await waysIn() })
      }
      return reply.send(await sessionOf(principalOf(request)))
    },
  )

  app.post(
    '/v1/session',
    {
      schema: {
        summary: 'Sign a browser in, with address and password or with an API key',
        tags: ['access'],
        security: [],
        body: newSessionSchema,
        response: { 200: sessionSchema, ...problems(400, 413, 415, 422, 429) },
      },
    },
    async (request, reply) => {
      assertNotForeign(request, publicUrl)
      const { token, principal } = await signIn(request.body, request.ip)
      // Before the browser gets it: a session that is not on record is nobody's.
      await tell(request, {}, { actor: principal, action: 'session.create' })
      await endSessions(cookie.readAll(request))
      cookie.set(reply, token)
      reply.header('cache-control', 'no-store')
      return reply.send(await sessionOf(principal))
    },
  )

  app.delete(
    '/v1/session',
    {
      schema: {
        summary: 'Sign out',
        tags: ['access'],
        security: [],
        response: { 204: z.null().describe('Signed out, or nobody was signed in.'), ...problems(429) },
      },
    },
    async (request, reply) => {
      const tokens = cookie.readAll(request)
      if (tokens.length > 0) assertSameOrigin(request, publicUrl)
      await tellOfEnd(request, tokens)
      await endSessions(tokens)
      cookie.clear(reply)
      return reply.code(204).send(null)
    },
  )

  async function tellOfEnd(request: FastifyRequest, tokens: string[]): Promise<void> {
    for (const token of tokens) {
      const hash = hashOfSession(token)
      const session = hash === null ? null : await sessions.find(hash)
      if (session !== null) await tell(request, {}, { actor: session.principal ?? BOOTSTRAP, action: 'session.delete' })
    }
  }

  async function endSessions(tokens: string[]): Promise<void> {
    for (const token of tokens) {
      const hash = hashOfSession(token)
      if (hash !== null) await sessions.end(hash)
    }
  }
}
