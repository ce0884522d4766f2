import { reachAnswer } from '@mooring/core'
import { z } from 'zod'
import { notFound } from '../problem.ts'
import type { ApiDependencies } from '../dependencies.ts'
import type { App } from './route.ts'

/**
 * Answers certificate authorities (RFC 8555 §8.3), through the edges, which pass the visitor's Host on: a token is good
 * for the name it was made for, and for no other that points here. Also answers the platform itself, which asks whether
 * such a question would come through (`reachAnswer`).
 */
export function challengeRoutes(app: App, { registry }: Pick<ApiDependencies, 'registry'>): void {
  app.get(
    '/.well-known/acme-challenge/:token',
    {
      schema: {
        summary: 'Answer an HTTP-01 challenge',
        tags: ['challenges'],
        security: [],
        params: z.object({ token: z.string() }),
        response: { 200: z.string().describe('The key authorization, as text/plain.') },
      },
    },
    async (request, reply) => {
      const { token } = request.params
      const hostname = hostOf(request.headers.host)
      if (!/^[A-Za-z0-9_-]{1,128}$/.test(token) || hostname === null) throw notFound('challenge')
      const answer = reachAnswer(token, hostname) ?? (await registry.challengeAnswer(token, hostname))
      if (answer === null) throw notFound('challenge')
      return reply.type('text/plain; charset=utf-8').header('cache-control', 'no-store').send(answer)
    },
  )
}

/** The name in a Host header, without port and last dot; null when it is no name. */
function hostOf(header: string | undefined): string | null {
  const [, name] = /^([A-Za-z0-9.-]{1,254}?)\.?(?::\d+)?$/.exec(header ?? '') ?? []
  return name?.toLowerCase() ?? null
}
