import { EVENT_TYPES, parsePlace } from '@mooring/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { assertOwnTenant, principalOf } from '../access.ts'
import type { Authenticate } from '../authentication.ts'
import { drained } from '../drained.ts'
import type { EventHub } from '../event-hub.ts'
import { invalid, Refusal } from '../problem.ts'
import { problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

/** Streams of one key or user; 200 dashboards of one key are within. */
const MOST_STREAMS = 250
/** How soon the stream of a key that was revoked ends. */
const CHECK_MS = 15_000

const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^\P{Cc}*$/u, 'Controls are not allowed.')
const typeName = text(100)

const eventQuery = z.strictObject({
  tenant: text(128).optional(),
  domain: text(253).optional().describe('Its id, or the hostname.'),
  type: z
    .union([typeName.transform((type) => [type]), z.array(typeName).min(1).max(50)])
    .optional()
    .describe('May be repeated.'),
})

const DESCRIPTION = `Server-sent events. Each has an \`id\` to go on from (\`Last-Event-ID\`), its type as \`event\`, and as
\`data\` \`{id, at, type, actor, domain_id, hostname, tenant, state, data}\`. \`event: reset\` says that events were missed:
read anew what you show. Types that a platform acts on:

${Object.entries(EVENT_TYPES)
  .map(([type, means]) => `- \`${type}\`: ${means}`)
  .join('\n')}

Others tell of steps in between, and may change.`

/** What happens, as it happens. */
export function eventRoutes(
  app: App,
  { hub, authenticate, log }: Pick<RouteContext, 'log'> & { hub: EventHub; authenticate: Authenticate },
): void {
  const open = new Map<string, number>()

  app.get(
    '/v1/events',
    {
      config: { tenants: true, isQuiet: true, isStream: true },
      schema: {
        summary: 'What happens to domains, as it happens',
        description: DESCRIPTION,
        tags: ['events'],
        querystring: eventQuery,
        response: {
          200: {
            description: 'Goes on until either side ends it.',
            content: { 'text/event-stream': { schema: z.string() } },
          },
          ...problems(422, 429),
        },
      },
    },
    async (request, reply) => {
      const { tenant, domain = null, type = null } = request.query
      if (tenant !== undefined) assertOwnTenant(request, tenant)
      const from = placeIn(request)
      const { credential } = request
      const streams = open.get(credential) ?? 0
      if (streams >= MOST_STREAMS) {
        throw new Refusal('TOO_MANY_REQUESTS', `One key has up to ${MOST_STREAMS} streams open.`, {
          headers: { 'retry-after': '30' },
        })
      }
      open.set(credential, streams + 1)

      const socket = hijack(reply)
      const remove = hub.add({
        filter: {
          // A tenant's key hears of its own, whatever it asks for.
          tenant: principalOf(request).tenant ?? tenant ?? null,
          domain: domain?.toLowerCase() ?? null,
          types: type === null ? null : new Set(type),
        },
        from,
        write: (words) => void socket.write(words),
        backlog: () => socket.writableLength,
        drained: (ms) => drained(socket, ms),
        end: () => socket.end(),
        cut() {
          log.info({ requestId: request.id }, 'a stream of events was cut: its reader is too slow')
          socket.destroy()
        },
      })
      const stopChecking = endWhenRevoked(request, authenticate, () => socket.end())
      socket.once('close', () => {
        remove()
        stopChecking()
        const left = (open.get(credential) ?? 1) - 1
        if (left === 0) open.delete(credential)
        else open.set(credential, left)
      })
      return reply
    },
  )
}

/** Throws `INVALID` for what is not an id of this stream. */
function placeIn({ headers }: FastifyRequest) {
  const given = headers['last-event-id']
  if (given === undefined || given === '') return null
  const place = typeof given === 'string' ? parsePlace(given) : null
  if (place !== null) return place
  throw invalid([{ path: 'Last-Event-ID', code: 'INVALID', message: 'This is not an id of this stream.' }])
}

/** From here on the answer is written by hand. */
function hijack(reply: FastifyReply): FastifyReply['raw'] {
  reply.hijack()
  const { raw } = reply
  raw.on('error', () => raw.destroy())
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    // nginx would gather the answer before it passes it on.
    'x-accel-buffering': 'no',
  })
  return raw
}

/** A key may be revoked and a session end while its stream goes on; a database that is away ends nothing. */
function endWhenRevoked(request: FastifyRequest, authenticate: Authenticate, end: () => void): () => void {
  const timer = setInterval(() => {
    authenticate(request).catch((error: unknown) => {
      if (error instanceof Refusal && error.code === 'UNAUTHORIZED') end()
    })
  }, CHECK_MS)
  return () => clearInterval(timer)
}
