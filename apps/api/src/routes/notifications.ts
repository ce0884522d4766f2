import { DAY, after, newSilenceId } from '@mooring/core'
import { z } from 'zod'
import { principalOf } from '../access.ts'
import { answerOnce } from '../idempotency.ts'
import {
  newSilenceSchema,
  noticeResource,
  silenceResource,
  silenceSchema,
  toldNoticeSchema,
} from '../notice-schemas.ts'
import { invalid, notFound } from '../problem.ts'
import { pageFields, pageOf, problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

const LONGEST_SILENCE_MS = 90 * DAY

/** What ops were told, what was held back and why, and silences. */
export function notificationRoutes(app: App, context: RouteContext): void {
  const { notices, clock, record } = context

  app.get(
    '/v1/notifications',
    {
      schema: {
        summary: 'List what was told, and what was held back, newest first',
        tags: ['ops'],
        querystring: z.strictObject(pageFields),
        response: { 200: pageOf(toldNoticeSchema), ...problems(422, 429) },
      },
    },
    async ({ query: { limit, cursor = null } }, reply) => {
      const { data, nextCursor } = await notices.list({ limit, cursor })
      return reply.send({ data: data.map(noticeResource), next_cursor: nextCursor })
    },
  )

  app.get(
    '/v1/silences',
    {
      schema: {
        summary: 'List the silences in force',
        tags: ['ops'],
        response: { 200: z.object({ data: z.array(silenceSchema), next_cursor: z.null() }), ...problems(429) },
      },
    },
    async (_request, reply) => {
      const inForce = await notices.silences()
      return reply.send({ data: inForce.map(silenceResource), next_cursor: null })
    },
  )

  app.post(
    '/v1/silences',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Hold notices back until a time; they are counted, and told in sum when it is over',
        tags: ['ops'],
        body: newSilenceSchema,
        response: { 201: silenceSchema, ...problems(400, 409, 413, 415, 422, 429) },
      },
    },
    (request, reply) =>
      answerOnce(request, reply, context, async () => {
        const now = clock.now()
        const { until } = request.body
        if (until <= now) throw invalid([{ path: 'until', code: 'PAST', message: 'This time is over.' }])
        if (until > after(now, LONGEST_SILENCE_MS)) {
          throw invalid([{ path: 'until', code: 'TOO_LATE', message: 'A silence lasts 90 days at most.' }])
        }
        const silence = {
          ...request.body,
          id: newSilenceId(),
          createdBy: principalOf(request).name,
          createdAt: now,
        }
        await notices.addSilence(silence)
        return { status: 201, headers: { location: `/v1/silences/${silence.id}` }, body: silenceResource(silence) }
      }),
  )

  app.delete(
    '/v1/silences/:id',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'End a silence now; what it held back is told',
        tags: ['ops'],
        params: z.strictObject({ id: z.string().max(100) }),
        response: { 204: z.null().describe('It is over.'), ...problems(404, 422, 429) },
      },
    },
    async (request, reply) => {
      await record(request, async () => {
        if (!(await notices.endSilence(request.params.id))) throw notFound('silence in force')
      })
      return reply.code(204).send(null)
    },
  )
}
