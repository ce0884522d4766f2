import { METRICS_CONTENT_TYPE, carriesToken } from '@mooring/runtime'
import { z } from 'zod'
import { Refusal, notFound } from '../problem.ts'
import { problemResponse } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

/**
 * Metrics for Prometheus. This port is reached by strangers, so there are none here unless a token is set that they would
 * have to know; the other roles' health port is for the machine room alone.
 */
export function metricsRoutes(app: App, { meter, settings }: RouteContext): void {
  app.get(
    '/metrics',
    {
      schema: {
        summary: 'Metrics in Prometheus’ text format; needs MOORING_METRICS_TOKEN as a Bearer token',
        tags: ['health'],
        security: [],
        response: {
          200: { content: { 'text/plain': { schema: z.string() } } },
          401: problemResponse(401),
          404: problemResponse(404),
        },
      },
      config: { isQuiet: true },
    },
    async (request, reply) => {
      const token = settings.metricsToken
      if (token === undefined) throw notFound('address; set MOORING_METRICS_TOKEN to have metrics here')
      if (!carriesToken(token, request.headers.authorization)) {
        throw new Refusal('UNAUTHORIZED', 'Metrics need the token of MOORING_METRICS_TOKEN.', {
          headers: { 'www-authenticate': 'Bearer realm="mooring metrics"' },
        })
      }
      return reply
        .header('cache-control', 'no-store')
        .type(METRICS_CONTENT_TYPE)
        .send(await meter.text())
    },
  )
}
