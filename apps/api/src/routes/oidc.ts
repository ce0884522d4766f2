import { AppError, newUserId } from '@mooring/core'
import { z } from 'zod'
import type { RoundTrip } from '../oidc.ts'
import { notFound, toAppError } from '../problem.ts'
import { problemResponse } from '../schemas.ts'
import { startUserSession } from '../sign-in.ts'
import type { App, RouteContext } from './route.ts'

const tripSchema = z.strictObject({ state: z.string(), nonce: z.string(), verifier: z.string() })
const redirects = { 302: z.null().describe('Where the browser goes next.'), 404: problemResponse(404) }

/** The way to the identity provider and back. A browser walks it, so that what goes wrong is told by the dashboard. */
export function oidcRoutes(app: App, { access, log, tell }: RouteContext): void {
  const { oidc, oidcCookie, cookie, users } = access

  app.get(
    '/auth/oidc',
    {
      schema: { summary: 'Sign in with the identity provider', tags: ['access'], security: [], response: redirects },
    },
    async (_request, reply) => {
      if (oidc === null) throw notFound('address; set MOORING_OIDC_ISSUER to sign in by an identity provider')
      reply.header('cache-control', 'no-store')
      try {
        const { url, trip } = await oidc.begin()
        oidcCookie.set(reply, Buffer.from(JSON.stringify(trip)).toString('base64url'))
        return await reply.redirect(url)
      } catch (error) {
        return reply.redirect(notSignedIn(error))
      }
    },
  )

  app.get(
    '/auth/oidc/callback',
    {
      schema: {
        summary: 'Where the identity provider sends back',
        tags: ['access'],
        security: [],
        response: redirects,
      },
    },
    async (request, reply) => {
      if (oidc === null) throw notFound('address; set MOORING_OIDC_ISSUER to sign in by an identity provider')
      reply.header('cache-control', 'no-store')
      try {
        const trip = readTrip(oidcCookie.read(request))
        oidcCookie.clear(reply)
        const identity = await oidc.finish(request.url.split('?')[1] ?? '', trip)
        const user = await users.admit(newUserId(), identity)
        if (user === null) throw new AppError('FORBIDDEN', 'This person is disabled here.')
        const { token, principal } = await startUserSession(access, user)
        await tell(request, {}, { actor: principal, action: 'session.create' })
        cookie.set(reply, token)
        return await reply.redirect('/')
      } catch (error) {
        return reply.redirect(notSignedIn(error))
      }
    },
  )

  function notSignedIn(error: unknown): string {
    const { code } = toAppError(error)
    log.warn({ err: error, code }, 'sign-in by the identity provider failed')
    return `/?sign_in_error=${code}`
  }
}

function readTrip(value: string | null): RoundTrip {
  const parsed = tripSchema.safeParse(parseJson(Buffer.from(value ?? '', 'base64url').toString('utf8')))
  if (parsed.success) return parsed.data
  throw new AppError('UNAUTHORIZED', 'This browser is on no way to the identity provider, or took too long.')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // Then it is no trip, which is the answer.
  }
}
