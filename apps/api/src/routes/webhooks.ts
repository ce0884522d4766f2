import { DAY, type EventType, newWebhookId, newWebhookSecret, parseWebhookUrl, type WebhookStore } from '@mooring/core'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { assertOwnTenant, principalOf } from '../access.ts'
import { answerOnce } from '../idempotency.ts'
import { invalid, notFound, Refusal } from '../problem.ts'
import { pageFields, pageOf, problems } from '../schemas.ts'
import {
  madeWebhookSchema,
  newWebhookSchema,
  webhookChangeSchema,
  webhookParams,
  webhookResource,
  webhookSchema,
} from '../webhook-schemas.ts'
import type { App, RouteContext } from './route.ts'

/** For how long the secret before signs as well: the receiver is given the new one meanwhile. */
const OVERLAP_MS = DAY

/** A tenant's key has its own webhooks, the platform's keys have all of them. */
export function webhooksOf({ webhooks, webhooksFor }: RouteContext) {
  return (request: FastifyRequest): WebhookStore => {
    const { tenant } = principalOf(request)
    return tenant === null ? webhooks : webhooksFor(tenant)
  }
}

/** Addresses of the platform that are told of events. Who may say where events go is an admin. */
export function webhookRoutes(app: App, context: RouteContext): void {
  const { custody, settings, record } = context
  const storeOf = webhooksOf(context)

  const checkedUrl = (url: string): string => {
    const answer = parseWebhookUrl(url, { allow: settings.webhookAllow ?? [] })
    if (answer.ok) return answer.value
    throw invalid([{ path: 'url', code: answer.code, message: answer.message }])
  }
  const newSecret = (id: string) => {
    const secret = newWebhookSecret()
    return { secret, sealedSecret: custody.seal(secret, { ownerId: id, secretId: 'webhook-secret' }) }
  }

  app.post(
    '/v1/webhooks',
    {
      config: { role: 'admin', tenants: true },
      schema: {
        summary: 'Make a webhook',
        tags: ['webhooks'],
        body: newWebhookSchema,
        response: { 201: madeWebhookSchema, ...problems(400, 409, 413, 415, 422, 429) },
      },
    },
    (request, reply) =>
      answerOnce(request, reply, context, async () => {
        const { name, tenant: own } = principalOf(request)
        const { types = null, description = '', tenant = own } = request.body
        if (own !== null) assertOwnTenant(request, tenant ?? '')
        const url = checkedUrl(request.body.url)
        const id = newWebhookId()
        const { secret, sealedSecret } = newSecret(id)
        const wanted = {
          id,
          url,
          tenant,
          types: types as EventType[] | null,
          description,
          createdBy: name,
          sealedSecret,
        }
        const made = await storeOf(request).create(wanted)
        if (made === null) throw new Refusal('CONFLICT', 'There are 20 webhooks already. Remove one first.')
        return {
          status: 201,
          headers: { location: `/v1/webhooks/${id}`, 'cache-control': 'no-store' },
          body: { ...webhookResource(made), secret },
        }
      }),
  )

  app.get(
    '/v1/webhooks',
    {
      config: { tenants: true },
      schema: {
        summary: 'List webhooks, newest first',
        tags: ['webhooks'],
        querystring: z.strictObject(pageFields),
        response: { 200: pageOf(webhookSchema), ...problems(422, 429) },
      },
    },
    async (request, reply) => {
      const { limit, cursor = null } = request.query
      const { data, nextCursor } = await storeOf(request).list({ limit, cursor })
      return reply.send({ data: data.map(webhookResource), next_cursor: nextCursor })
    },
  )

  app.get(
    '/v1/webhooks/:id',
    {
      config: { tenants: true },
      schema: {
        summary: 'One webhook',
        tags: ['webhooks'],
        params: webhookParams,
        response: { 200: webhookSchema, ...problems(404, 422, 429) },
      },
    },
    async (request, reply) => {
      const webhook = await storeOf(request).find(request.params.id)
      if (webhook === null) throw notFound('webhook')
      return reply.send(webhookResource(webhook))
    },
  )

  app.patch(
    '/v1/webhooks/:id',
    {
      config: { role: 'admin', tenants: true },
      schema: {
        summary: 'Change, disable or enable a webhook',
        tags: ['webhooks'],
        params: webhookParams,
        body: webhookChangeSchema,
        response: { 200: webhookSchema, ...problems(400, 404, 409, 413, 415, 422, 429) },
      },
    },
    (request, reply) =>
      answerOnce(request, reply, context, async () => {
        const { url, types, ...others } = request.body
        const change = {
          ...others,
          types: types as EventType[] | null | undefined,
          ...(url === undefined ? {} : { url: checkedUrl(url) }),
        }
        const webhook = await storeOf(request).change(request.params.id, change)
        if (webhook === null) throw notFound('webhook')
        return { status: 200, body: webhookResource(webhook) }
      }),
  )

  app.delete(
    '/v1/webhooks/:id',
    {
      config: { role: 'admin', tenants: true },
      schema: {
        summary: 'Remove a webhook with its deliveries',
        tags: ['webhooks'],
        params: webhookParams,
        response: { 204: z.null().describe('Removed.'), ...problems(404, 422, 429) },
      },
    },
    async (request, reply) => {
      await record(request, async () => {
        if (!(await storeOf(request).remove(request.params.id))) throw notFound('webhook')
      })
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/v1/webhooks/:id/secret',
    {
      config: { role: 'admin', tenants: true },
      schema: {
        summary: 'Make a new secret; for a day the one before signs as well',
        tags: ['webhooks'],
        params: webhookParams,
        response: { 200: madeWebhookSchema, ...problems(400, 404, 409, 415, 422, 429) },
      },
    },
    (request, reply) =>
      answerOnce(request, reply, context, async () => {
        const { id } = request.params
        const { secret, sealedSecret } = newSecret(id)
        const webhook = await storeOf(request).rotate(id, sealedSecret, OVERLAP_MS)
        if (webhook === null) throw notFound('webhook')
        return {
          status: 200,
          headers: { 'cache-control': 'no-store' },
          body: { ...webhookResource(webhook), secret },
        }
      }),
  )
}
