import {
  CLASSES,
  HOUR,
  MINUTE,
  decodeTraffic,
  latencyQuantile,
  type TrafficCount,
  trafficReportSchema,
} from '@mooring/core'
import { z } from 'zod'
import { edgeOf } from '../authentication.ts'
import { findDomain } from '../find-domain.ts'
import { invalid } from '../problem.ts'
import { domainParams, problems } from '../schemas.ts'
import { trafficSchema } from '../traffic-schemas.ts'
import type { App, RouteContext } from './route.ts'

const LONGEST_HOURS = 48
const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text))

/** What visitors asked of a domain, as its edges counted it. */
export function trafficRoutes(app: App, { registryOf, traffic, settings, clock }: RouteContext): void {
  app.get(
    '/v1/domains/:id/traffic',
    {
      config: { tenants: true },
      schema: {
        summary: 'Requests, bytes, status and latency of a domain by the minute',
        description: `The last hour, unless \`from\` and \`to\` say otherwise; at most ${LONGEST_HOURS} hours at once.`,
        tags: ['domains'],
        params: domainParams,
        querystring: z.strictObject({ from: time.optional(), to: time.optional() }),
        response: { 200: trafficSchema, ...problems(404, 422) },
      },
    },
    async (request, reply) => {
      // Such as the minute that is not over yet.
      const to = request.query.to ?? new Date(clock.now().getTime() + MINUTE)
      const from = request.query.from ?? new Date(to.getTime() - HOUR)
      requireSpan(from, to)
      const { domain } = await findDomain(registryOf(request), request.params.id, settings.rules)
      const minutes = await traffic.minutes(domain.id, from, to)
      return reply.send({ data: minutes.map(minuteResource) })
    },
  )
}

/** On the edges' own addresses. */
export function trafficFeedRoutes(app: App, { traffic }: RouteContext): void {
  app.post(
    '/v1/edges/self/traffic',
    {
      schema: {
        summary: 'What visitors asked of the edge’s names; a batch is taken in once, however often it is sent',
        tags: ['edge feed'],
        body: trafficReportSchema,
        response: { 204: z.null().describe('Stored.'), ...problems(400, 413, 415, 422) },
      },
      config: { isQuiet: true },
    },
    async (request, reply) => {
      await traffic.add(edgeOf(request), decodeTraffic(request.body))
      return reply.code(204).send(null)
    },
  )
}

function requireSpan(from: Date, to: Date): void {
  const hours = (to.getTime() - from.getTime()) / HOUR
  if (hours > 0 && hours <= LONGEST_HOURS) return
  const message = hours > 0 ? `At most ${LONGEST_HOURS} hours can be asked for at once.` : 'Expected after `from`.'
  throw invalid([{ path: 'to', code: 'SPAN_INVALID', message }])
}

const minuteResource = ({ minute, requests, bytes, status, latency }: TrafficCount & { minute: Date }) => ({
  minute: minute.toISOString(),
  requests,
  bytes,
  status: Object.fromEntries(CLASSES.map((name, place) => [name, status[place] ?? 0])),
  p95_ms: latencyQuantile(latency, 0.95),
})
