import { changeSchema, pointsAt, registerDomain, registrationSchema, TARGET_LOOP } from '@mooring/core'
import { z } from 'zod'
import { domainResource } from '../domain-resource.ts'
import { BARE, findDomain, intentAnswer } from '../find-domain.ts'
import { answerOnce } from '../idempotency.ts'
import { planRegistration, registrationPlanSchema, zoneFor } from '../plan-registration.ts'
import { invalid, Refusal } from '../problem.ts'
import { domainFilters, domainParams, domainSchema, flag, pageFields, pageOf, problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

/** Launching domains, reading and changing them, and letting them go. */
export function domainRoutes(app: App, context: RouteContext): void {
  const { registry, zoneStore, clock, settings, publishDue } = context
  const { rules, tokenLifetimeMs } = settings
  const registration = registrationSchema(rules).meta({ id: 'Registration' })
  const change = changeSchema(rules).meta({ id: 'DomainChange' })

  app.post(
    '/v1/domains',
    {
      schema: {
        summary: 'Launch a domain',
        tags: ['domains'],
        description:
          'Each tenant may claim a hostname once; of several claims the first to prove the name holds it. With `dry_run` ' +
          'nothing is stored: the answer says which records are needed, and for the method `managed` what would be written.',
        querystring: z.strictObject({ dry_run: flag }),
        body: registration,
        response: { 200: registrationPlanSchema, 202: domainSchema, ...problems(400, 409, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const wanted = registerDomain(request.body, { clock, tokenLifetimeMs })
      if (request.query.dry_run) return reply.send(await planRegistration(wanted, context))
      // Not within an Idempotency-Key's transaction, which has a connection already: all at once would wait for a second.
      const zone = await zoneFor(wanted, zoneStore)
      return answerOnce(request, reply, context, async (store) => {
        const created = await store.create(wanted)
        if (created.kind === 'exists') {
          const message = `${wanted.hostname} is already registered by ${wanted.tenant}.`
          throw new Refusal('HOSTNAME_EXISTS', message, { id: created.id })
        }
        const { domain } = created
        const view = { ...BARE, domain, provider: zone?.account.provider ?? null }
        return {
          status: 202,
          headers: { location: `/v1/domains/${domain.id}` },
          body: domainResource(view, rules.edge),
          due: [domain.id],
        }
      })
    },
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
        throw invalid([{ ...TARGET_LOOP, path: TARGET_LOOP.path.join('.') }])
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
          immediate: flag.describe('`true` skips the grace.'),
          revoke: flag.describe('`true` has the certificate revoked once it is served nowhere.'),
        }),
        response: { 202: domainSchema, ...problems(404, 409, 422) },
      },
    },
    async (request, reply) => {
      const { domain } = await findDomain(registry, request.params.id, rules)
      const intent = await registry.remove(domain.id, request.query)
      const answer = await intentAnswer(registry, intent, rules.edge)
      publishDue(answer.due)
      return reply.code(202).send(answer.body)
    },
  )
}
