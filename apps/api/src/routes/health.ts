import { AppError } from '@mooring/core'
import { answers, createReadiness } from '@mooring/runtime'
import { z } from 'zod'
import { describeProblem } from '../problem.ts'
import { problemSchema } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

const checksSchema = z
  .record(
    z.string(),
    z.object({
      ok: z.boolean(),
      found: z.string(),
      required: z.boolean().describe('Whether the process is not ready without it; else it is a fact for people.'),
      since: z.string().describe('From when on it has been so.'),
    }),
  )
  .describe('What was looked at, and what was found.')

/**
 * `/healthz`: the process is alive. `/readyz`: it may serve, which takes the database and nothing else: a launch is
 * accepted into Postgres while the broker is away, and hints are only hints.
 */
export function healthRoutes(app: App, { ping, queue }: RouteContext): void {
  const readiness = createReadiness({
    database: { weight: 'required', look: answers(ping) },
    broker: {
      weight: 'fact',
      look: () =>
        queue.isHealthy() ? { ok: true, found: 'connected' } : { ok: false, found: 'not connected, or takes nothing' },
    },
  })

  app.get(
    '/healthz',
    {
      schema: {
        summary: 'Whether the process is alive',
        tags: ['health'],
        security: [],
        response: { 200: z.object({ status: z.literal('ok') }) },
      },
      config: { isQuiet: true },
    },
    async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  )

  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Whether requests can be served',
        tags: ['health'],
        security: [],
        response: {
          200: z.object({ status: z.literal('ok'), checks: checksSchema }),
          503: {
            description: 'DATABASE_UNAVAILABLE: The database cannot be reached.',
            content: { 'application/problem+json': { schema: problemSchema.extend({ checks: checksSchema }) } },
          },
        },
      },
      config: { isQuiet: true },
    },
    async (request, reply) => {
      const { status, checks } = await readiness()
      reply.header('cache-control', 'no-store')
      if (status === 'ok') return reply.send({ status, checks })
      const { problem, headers } = describeProblem(
        new AppError('DATABASE_UNAVAILABLE', 'The database does not answer.'),
        request.id,
      )
      // Members beside those of RFC 9457 §3.1 are extensions (§3.2).
      return reply
        .code(503)
        .headers(headers)
        .send({ ...problem, checks })
    },
  )
}
