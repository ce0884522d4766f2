import { newMessageId } from '@mooring/core'
import { answerOnce } from '../idempotency.ts'
import { notFound } from '../problem.ts'
import { pageOf, problems } from '../schemas.ts'
import {
  deliveryParams,
  deliveryQuery,
  deliveryResource,
  deliverySchema,
  replayedSchema,
  replaySchema,
  webhookParams,
} from '../webhook-schemas.ts'
import type { App, RouteContext } from './route.ts'
import { webhooksOf } from './webhooks.ts'

/** What was sent to a webhook and what became of it, and sending it again. */
export function webhookDeliveryRoutes(app: App, context: RouteContext): void {
  const { clock } = context
  const storeOf = webhooksOf(context)

  app.get(
    '/v1/webhooks/:id/deliveries',
    {
      config: { tenants: true },
      schema: {
        summary: 'Messages to a webhook, newest first; they are kept for 30 days',
        tags: ['webhooks'],
        params: webhookParams,
        querystring: deliveryQuery,
        response: { 200: pageOf(deliverySchema), ...problems(404, 422, 429) },
      },
    },
    async (request, reply) => {
      const { limit, cursor = null, status } = request.query
      const store = storeOf(request)
      if ((await store.find(request.params.id)) === null) throw notFound('webhook')
      const { data, nextCursor } = await store.deliveries(request.params.id, { status }, { limit, cursor })
      return reply.send({ data: data.map(deliveryResource), next_cursor: nextCursor })
    },
  )

  app.get(
    '/v1/webhooks/:id/deliveries/:msg',
    {
      config: { tenants: true },
      schema: {
        summary: 'One message with every try',
        tags: ['webhooks'],
        params: deliveryParams,
        response: { 200: deliverySchema, ...problems(404, 422, 429) },
      },
    },
    async (request, reply) => {
      const { id, msg } = request.params
      const delivery = await storeOf(request).delivery(id, msg)
      if (delivery === null) throw notFound('message')
      return reply.send(deliveryResource(delivery))
    },
  )

  app.post(
    '/v1/webhooks/:id/test',
    {
      config: { tenants: true },
      schema: {
        summary: 'Send a message of the type webhook.test',
        tags: ['webhooks'],
        params: webhookParams,
        response: { 202: deliverySchema, ...problems(400, 404, 409, 415, 422, 429) },
      },
    },
    (request, reply) =>
      answerOnce(request, reply, context, async () => {
        const message = {
          id: newMessageId(),
          body: { type: 'webhook.test', timestamp: clock.now().toISOString(), data: {} },
        }
        const delivery = await storeOf(request).test(request.params.id, message)
        if (delivery === null) throw notFound('webhook')
        return { status: 202, body: deliveryResource(delivery) }
      }),
  )

  app.post(
    '/v1/webhooks/:id/deliveries/:msg/replay',
    {
      config: { tenants: true },
      schema: {
        summary: 'Send a message again, under the same id',
        tags: ['webhooks'],
        params: deliveryParams,
        response: { 202: deliverySchema, ...problems(400, 404, 409, 415, 422, 429) },
      },
    },
    (request, reply) =>
      answerOnce(request, reply, context, async () => {
        const { id, msg } = request.params
        const delivery = await storeOf(request).replay(id, msg)
        if (delivery === null) throw notFound('message')
        return { status: 202, body: deliveryResource(delivery) }
      }),
  )

  app.post(
    '/v1/webhooks/:id/replay',
    {
      config: { tenants: true },
      schema: {
        summary: 'Send everything again that was written since a time',
        tags: ['webhooks'],
        params: webhookParams,
        body: replaySchema,
        response: { 202: replayedSchema, ...problems(400, 404, 409, 413, 415, 422, 429) },
      },
    },
    (request, reply) =>
      answerOnce(request, reply, context, async () => {
        const store = storeOf(request)
        if ((await store.find(request.params.id)) === null) throw notFound('webhook')
        const replayed = await store.replaySince(request.params.id, request.body.since)
        return { status: 202, body: { replayed } }
      }),
  )
}
