import { changeSchema, pointsAt, registerDomain, registrationSchema } from '@mooring/core'
import { z } from 'zod'
import { domainResource } from '../domain-resource.ts'
import { findDomain, intentAnswer } from '../find-domain.ts'
import { answerOnce } from '../idempotency.ts'
import { invalid, Refusal } from '../problem.ts'
import { domainFilters, domainParams, domainSchema, pageFields, pageOf, problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

/** Launching domains, reading and changing them, and letting them go. */
export function domainRoutes(app: App, context: RouteContext): void {
  const { registry, clock, settings, publishDue } = context
  const { rules, tokenLifetimeMs } = settings
  const registration = registrationSchema(rules).meta({ id: 'Registration' })
  const change = changeSchema(rules).meta({ id: 'DomainChange' })

  app.post(
    '/v1/domains',
    {
      schema: {
        summary: 'Launch a domain',
        tags: ['domains'],
        body: registration,
        response: { 202: domainSchema, ...problems(400, 409, 413, 415, 422) },
      },
    },
    (request, reply) =>
      answerOnce(request, reply, context, async (store) => {
        const wanted = registerDomain(request.body, { clock, tokenLifetimeMs })
        const created = await store.create(wanted)
        if (created.kind === 'exists') {
          // Another tenant learns that the name is taken, not by which domain.
          const id = created.tenant === wanted.tenant ? { id: created.id } : {}
          throw new Refusal('HOSTNAME_EXISTS', `${wanted.hostname} is already registered.`, id)
        }
        const { domain } = created
        return {
          status: 202,
          headers: { location: `/v1/domains/${domain.id}` },
          body: domainResource({ domain, certificate: null, route: null }, rules.edge),
          due: [domain.id],
        }
      }),
  )

  app.get(
    '/v1/domains',
    {
      schema: {
        summary: 'List domains, newest first',
        tags: ['domains'],
        querystring: z.strictObject({ ...domainFilters, ...pageFields }),
        response: { 200: pageOf(domainSchema), ...problems(422) },
      },
    },
    async ({ query: { limit, cursor = null, ...given } }, reply) => {
      const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
      const { data, nextCursor } = await registry.list(filter, { limit, cursor })
      return reply.send({ data: data.map((view) => domainResource(view, rules.edge)), next_cursor: nextCursor })
    },
  )

  app.get(
    '/v1/domains/:id',
    {
      schema: {
        summary: 'Read a domain',
        tags: ['domains'],
        params: domainParams,
        response: { 200: domainSchema, ...problems(404) },
      },
    },
    async (request, reply) => {
      const view = await findDomain(registry, request.params.id, rules)
      return reply.send(domainResource(view, rules.edge))
    },
  )

  app.patch(
    '/v1/domains/:id',
    {
      schema: {
        summary: 'Change target or metadata; the same body looks again now',
        tags: ['domains'],
        params: domainParams,
        body: change,
        response: { 202: domainSchema, ...problems(400, 404, 409, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const { domain } = await findDomain(registry, request.params.id, rules)
      const { target, metadata } = request.body
      if (target !== undefined && pointsAt(target, domain.hostname)) {
        const message = 'The target is the hostname itself: every request would come back.'
        throw invalid([{ path: 'target.url', code: 'TARGET_LOOP', message }])
      }
      const patch = { ...(target === undefined ? {} : { target }), ...(metadata === undefined ? {} : { metadata }) }
      const answer = await intentAnswer(registry, await registry.change(domain.id, patch), rules.edge)
      publishDue(answer.due)
      return reply.code(202).send(answer.body)
    },
  )

  app.delete(
    '/v1/domains/:id',
    {
      schema: {
        summary: 'Let a domain go: the route is withdrawn at once, then the grace runs',
        tags: ['domains'],
        params: domainParams,
        querystring: z.strictObject({
          immediate: z.enum(['true', 'false']).default('false').describe('`true` skips the grace.'),
        }),
        response: { 202: domainSchema, ...problems(404, 409, 422) },
      },
    },
    async (request, reply) => {
      const { domain } = await findDomain(registry, request.params.id, rules)
      const intent = await registry.remove(domain.id, { immediate: request.query.immediate === 'true' })
      const answer = await intentAnswer(registry, intent, rules.edge)
      publishDue(answer.due)
      return reply.code(202).send(answer.body)
    },
  )
}
