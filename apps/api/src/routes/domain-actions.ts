import type { IntentAnswer, Registry } from '@mooring/core'
import { z } from 'zod'
import { attemptResource, eventResource } from '../domain-resource.ts'
import { domainIdOf, findDomain, intentAnswer } from '../find-domain.ts'
import { answerOnce } from '../idempotency.ts'
import { attemptSchema, domainParams, domainSchema, eventSchema, pageFields, pageOf, problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

interface Action {
  summary: string
  description?: string
  intend(registry: Registry, id: string): Promise<IntentAnswer>
}

/** By the last part of their address. */
const ACTIONS: Record<string, Action> = {
  check: {
    summary: 'Look at the domain now, wherever it is',
    intend: (registry, id) => registry.check(id),
  },
  retry: {
    summary: 'Let a failed domain go on where it failed, with fresh attempts',
    intend: (registry, id) => registry.retry(id),
  },
  suspend: {
    summary: 'Show a holding page in place of an active domain',
    intend: (registry, id) => registry.suspend(id),
  },
  resume: {
    summary: 'End a suspension',
    description: 'One for lost ownership ends by proof alone: the proof is looked for at once.',
    intend: (registry, id) => registry.resume(id),
  },
  restore: {
    summary: 'Bring a leaving domain back within its grace',
    description: 'It proves its name anew and uses the certificate it has.',
    intend: (registry, id) => registry.restore(id),
  },
  'rotate-token': {
    summary: 'Make a new ownership token',
    description: 'The old one stays good for the grace of rotations where it has proved the name already.',
    intend: (registry, id) => registry.rotateToken(id),
  },
  erase: {
    summary: 'Forget metadata, target and whatever a person typed, of a deprovisioned domain',
    description: 'What happened and when stays.',
    intend: (registry, id) => registry.erase(id),
  },
}

/** What people ask of one domain, and what happened to it. */
export function domainActionRoutes(app: App, context: RouteContext): void {
  const { registry } = context
  const { rules } = context.settings

  for (const [action, { intend, ...words }] of Object.entries(ACTIONS)) {
    app.post(
      `/v1/domains/:id/${action}`,
      {
        schema: {
          ...words,
          tags: ['domains'],
          params: domainParams,
          response: { 202: domainSchema, ...problems(404, 409, 422) },
        },
      },
      (request, reply) =>
        answerOnce(request, reply, context, async (store) => {
          const id = await domainIdOf(store, request.params.id, rules)
          return intentAnswer(store, await intend(store, id), rules.edge)
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
