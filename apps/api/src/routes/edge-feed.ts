import {
  AppError,
  decodeReport,
  EDGE_LIVE_MS,
  edgeReportSchema,
  encodeRouteUpdate,
  type KeyCustody,
  type Route,
  type RouteUpdate,
  routeUpdateSchema,
  type StoredRoute,
} from '@mooring/core'
import type { Logger } from '@mooring/runtime'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { edgeOf } from '../authentication.ts'
import { problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

const BATCH = 500
// A poll is also the edge's heartbeat, so it must not be held until the edge counts as gone.
const MAX_WAIT_SECONDS = EDGE_LIVE_MS / 1000

/** What edges pull and report. On the way of every launch: a change reaches a waiting edge with one query between. */
export function edgeFeedRoutes(app: App, context: RouteContext): void {
  const { edges, changes, custody, settings, publishDue, log } = context

  app.get(
    '/v1/edges/self/routes',
    {
      schema: {
        summary: 'Routes of the edge’s pool changed since a generation; waits until there are some',
        tags: ['edge feed'],
        querystring: z.strictObject({
          since: z.coerce.number().int().min(0).default(0),
          wait: z.coerce.number().int().min(0).max(MAX_WAIT_SECONDS).default(25).describe('Seconds.'),
        }),
        response: { 200: routeUpdateSchema, ...problems(422) },
      },
      config: { isQuiet: true },
    },
    async (request, reply) => {
      const edge = edgeOf(request)
      const { since, wait } = request.query
      const poll = startPoll(reply, Math.min(wait * 1000, settings.longPollMs))
      for (;;) {
        // Counted before the look: a change that commits in between is not slept through.
        const seen = changes.count(edge.pool)
        const { generation, routes, services } = await edges.routesSince(edge, since, BATCH)
        if (generation > since || poll.over.aborted || changes.isEnded()) {
          const update = {
            generation,
            routes: routes.map((route) => openRoute(route, custody, log)),
            ...(services === undefined ? {} : { services }),
            ...tracesOf(routes),
          }
          return reply.header('cache-control', 'no-store').send(encodeRouteUpdate(update))
        }
        await changes.wait(edge.pool, seen, poll.over)
        if (poll.isAbandoned()) return reply.hijack()
      }
    },
  )

  app.post(
    '/v1/edges/self/report',
    {
      schema: {
        summary: 'What the edge serves and what it refused',
        tags: ['edge feed'],
        body: edgeReportSchema,
        response: { 204: z.null().describe('Stored.'), ...problems(400, 409, 413, 415, 422) },
      },
      config: { isQuiet: true },
    },
    async (request, reply) => {
      publishDue(await edges.report(edgeOf(request), decodeReport(request.body)))
      return reply.code(204).send(null)
    },
  )
}

/** Over after `ms`, or when the edge hangs up: then nobody reads an answer, and asking would count as a heartbeat. */
function startPoll(reply: FastifyReply, ms: number): { over: AbortSignal; isAbandoned(): boolean } {
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), ms)
  reply.raw.once('close', () => {
    clearTimeout(timer)
    over.abort()
  })
  return { over: over.signal, isAbandoned: () => reply.raw.destroyed }
}

function tracesOf(routes: StoredRoute[]): Pick<RouteUpdate, 'traces'> {
  const traces = routes.flatMap(({ domainId, traceparent }) =>
    traceparent === undefined ? [] : [[domainId, traceparent] as const],
  )
  return traces.length === 0 ? {} : { traces: Object.fromEntries(traces) }
}

/**
 * A route whose key does not open goes out without its certificate: the edge refuses it by name and the others go on.
 * Left out, it would count as applied once the edge reports a later generation.
 */
function openRoute(
  { certificate, traceparent: _traceparent, ...route }: StoredRoute,
  custody: KeyCustody,
  log: Logger,
): Route {
  if (certificate === null) return { ...route, certificate }
  const { id, ownerId, serial, chainPem, sealedKey } = certificate
  try {
    const keyPem = custody.open(sealedKey, { ownerId, secretId: id })
    return { ...route, certificate: { id, serial, chainPem, keyPem } }
  } catch (err) {
    if (!(err instanceof AppError)) throw err
    log.error({ err, domainId: route.domainId, certificateId: id }, 'key of a route does not open')
    return { ...route, certificate: null }
  }
}
