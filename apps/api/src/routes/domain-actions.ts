import type { Domain, IntentAnswer, Registry, State } from '@mooring/core'
import { z } from 'zod'
import { attemptResource, eventResource } from '../domain-resource.ts'
import { ifUnchanged } from '../etag.ts'
import { domainIdOf, findDomain, intentAnswer } from '../find-domain.ts'
import { answerOnce } from '../idempotency.ts'
import { Refusal } from '../problem.ts'
import { attemptSchema, domainParams, domainSchema, eventSchema, pageFields, pageOf, problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

interface Action {
  summary: string
  description?: string
  /** In this state, the name may be ordered again at once, whatever kept its certificate authority from it. */
  unblocksIn?: State
  /** Throws `WRONG_STATE` where the domain's certificate does not allow it. */
  assertFits?(domain: Domain): void
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
    description: 'A name that its certificate authority paused is to be unpaused there first.',
    unblocksIn: 'failed',
    intend: (registry, id) => registry.retry(id),
  },
  renew: {
    summary: 'Renew the certificate of an active domain now',
    description: 'One that the customer brought is renewed by sending the next one.',
    unblocksIn: 'active',
    assertFits: assertRenewable,
    intend: (registry, id) => registry.renew(id),
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

function assertRenewable({ hostname, tls }: Domain): void {
  if (tls.mode === 'auto') return
  const message =
    tls.mode === 'off'
      ? `${hostname} is served without a certificate.`
      : `The certificate of ${hostname} is the customer’s own. Send the next one: POST /v1/domains/${hostname}/certificate.`
  throw new Refusal('WRONG_STATE', message)
}

/** What people ask of one domain, and what happened to it. */
export function domainActionRoutes(app: App, context: RouteContext): void {
  const { registryOf, budgets } = context
  const { rules } = context.settings

  // Before the transaction that an Idempotency-Key opens, which has a connection already.
  async function prepare(registry: Registry, idOrHostname: string, { unblocksIn, assertFits }: Action): Promise<void> {
    if (unblocksIn === undefined) return
    const { domain } = await findDomain(registry, idOrHostname, rules)
    if (domain.state !== unblocksIn) return
    assertFits?.(domain)
    await budgets.unblock(domain.hostname)
  }

  for (const [name, action] of Object.entries(ACTIONS)) {
    const { summary, description } = action
    app.post(
      `/v1/domains/:id/${name}`,
      {
        config: { tenants: true },
        schema: {
          summary,
          ...(description === undefined ? {} : { description }),
          tags: ['domains'],
          params: domainParams,
          response: { 202: domainSchema, ...problems(404, 409, 412, 422) },
        },
      },
      async (request, reply) => {
        await prepare(registryOf(request), request.params.id, action)
        return answerOnce(request, reply, context, async (store) => {
          const id = await domainIdOf(store, request.params.id, rules)
          const intent = await ifUnchanged(request, { store, id, edge: rules.edge }, (held) => action.intend(held, id))
          return intentAnswer(store, intent, rules.edge)
        })
      },
    )
  }

  app.get(
    '/v1/domains/:id/events',
    {
      config: { tenants: true },
      schema: {
        summary: 'What happened to the domain, newest first',
        tags: ['domains'],
        params: domainParams,
        querystring: z.strictObject(pageFields),
        response: { 200: pageOf(eventSchema), ...problems(404, 422) },
      },
    },
    async (request, reply) => {
      const { limit, cursor = null } = request.query
      const registry = registryOf(request)
      const { domain } = await findDomain(registry, request.params.id, rules)
      const { data, nextCursor } = await registry.events(domain.id, { limit, cursor })
      return reply.send({ data: data.map(eventResource), next_cursor: nextCursor })
    },
  )

  app.get(
    '/v1/domains/:id/attempts',
    {
      config: { tenants: true },
      schema: {
        summary: 'Each step that a worker ran for the domain, newest first',
        tags: ['domains'],
        params: domainParams,
        querystring: z.strictObject(pageFields),
        response: { 200: pageOf(attemptSchema), ...problems(404, 422) },
      },
    },
    async (request, reply) => {
      const { limit, cursor = null } = request.query
      const registry = registryOf(request)
      const { domain } = await findDomain(registry, request.params.id, rules)
      const { data, nextCursor } = await registry.attempts(domain.id, { limit, cursor })
      return reply.send({ data: data.map(attemptResource), next_cursor: nextCursor })
    },
  )
}
