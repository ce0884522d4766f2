import { z } from 'zod'
import { attemptResource, eventResource } from '../domain-resource.ts'
import { domainIdOf, findDomain, intentAnswer } from '../find-domain.ts'
import { answerOnce } from '../idempotency.ts'
import { attemptSchema, domainParams, domainSchema, eventSchema, pageFields, pageOf, problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

const ACTIONS = {
  check: 'Look at the domain now, wherever it is',
  retry: 'Let a failed domain go on where it failed, with fresh attempts',
} as const

/** What people ask of one domain, and what happened to it. */
export function domainActionRoutes(app: App, context: RouteContext): void {
  const { registry } = context
  const { rules } = context.settings

  for (const [action, summary] of Object.entries(ACTIONS) as [keyof typeof ACTIONS, string][]) {
    app.post(
      `/v1/domains/:id/${action}`,
      {
        schema: {
          summary,
          tags: ['domains'],
          params: domainParams,
          response: { 202: domainSchema, ...problems(404, 409, 422) },
        },
      },
      (request, reply) =>
        answerOnce(request, reply, context, async (store) => {
          const id = await domainIdOf(store, request.params.id, rules)
          return intentAnswer(store, await store[action](id), rules.edge)
        }),
    )
  }

  app.get(
    '/v1/domains/:id/events',
    {
      schema: {
        summary: 'What happened to the domain, newest first',
        tags: ['domains'],
        params: domainParams,
        querystring: z.strictObject(pageFields),
        response: { 200: pageOf(eventSchema), ...problems(404, 422) },
      },
    },
    async ({ params, query: { limit, cursor = null } }, reply) => {
      const { domain } = await findDomain(registry, params.id, rules)
      const { data, nextCursor } = await registry.events(domain.id, { limit, cursor })
      return reply.send({ data: data.map(eventResource), next_cursor: nextCursor })
    },
  )

  app.get(
    '/v1/domains/:id/attempts',
    {
      schema: {
        summary: 'Each step that a worker ran for the domain, newest first',
        tags: ['domains'],
        params: domainParams,
        querystring: z.strictObject(pageFields),
        response: { 200: pageOf(attemptSchema), ...problems(404, 422) },
      },
    },
    async ({ params, query: { limit, cursor = null } }, reply) => {
      const { domain } = await findDomain(registry, params.id, rules)
      const { data, nextCursor } = await registry.attempts(domain.id, { limit, cursor })
      return reply.send({ data: data.map(attemptResource), next_cursor: nextCursor })
    },
  )
}
