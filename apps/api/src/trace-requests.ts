import type { Span, Tracer } from '@mooring/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Of the request's span; null where it has none. */
export type TraceparentOf = (request: FastifyRequest) => string | null

/**
 * A span for every request of somebody known, as a part of the trace that the caller brings (W3C Trace Context). Strangers
 * have none: they would fill the collector, and choose what is told.
 *
 * Begun after the body is read, for its stream's events are in nobody's context; dated back to when the request came.
 */
export function traceRequests(app: FastifyInstance, tracer: Tracer): TraceparentOf {
  const spans = new WeakMap<FastifyRequest, Span>()

  app.addHook('preValidation', (request, reply, done) => {
    const { method, principal, headers, routeOptions } = request
    const route = routeOptions.url
    if (principal === null || route === undefined || routeOptions.config.isQuiet === true) return done()
    const span = tracer.start({
      name: `${method} ${route}`,
      kind: 'server',
      parent: typeof headers['traceparent'] === 'string' ? headers['traceparent'] : null,
      startedAt: new Date(Date.now() - reply.elapsedTime),
      facts: { 'http.request.method': method, 'http.route': route, 'mooring.request.id': request.id },
    })
    spans.set(request, span)
    tracer.within(span, done)
  })

  app.addHook('onResponse', async (request, { statusCode }) => {
    const span = spans.get(request)
    if (span === undefined) return
    span.set({ 'http.response.status_code': statusCode })
    if (statusCode >= 500) span.fail(`HTTP status ${statusCode}`)
    span.end()
  })

  return (request) => spans.get(request)?.traceparent ?? null
}
