import { AppError } from '@mooring/core'
import { z } from 'zod'
import { problemResponse } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

/**
 * `/healthz`: the process is alive. `/readyz`: it may serve, which takes the database and nothing else: a launch is
 * accepted into Postgres while the broker is away.
 */
export function healthRoutes(app: App, { ping, queue }: RouteContext): void {
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
          200: z.object({ status: z.literal('ok'), broker: z.enum(['ok', 'unavailable']) }),
          503: problemResponse(503),
        },
      },
      config: { isQuiet: true },
    },
    async (_request, reply) => {
      await ping().catch((cause: unknown) => {
        throw new AppError('DATABASE_UNAVAILABLE', 'The database does not answer.', { cause })
      })
      const broker = queue.isHealthy() ? 'ok' : 'unavailable'
      return reply.header('cache-control', 'no-store').send({ status: 'ok', broker })
    },
  )
}
