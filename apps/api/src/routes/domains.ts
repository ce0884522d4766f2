import { changeSchema, pointsAt, registerDomain, registrationSchema, TARGET_LOOP } from '@mooring/core'
import { z } from 'zod'
import { assertOwnTenant, assertPlatform, fillInTenant } from '../access.ts'
import { domainResource } from '../domain-resource.ts'
import { etagOf, ifUnchanged, isKnown } from '../etag.ts'
import { BARE, findDomain, intentAnswer } from '../find-domain.ts'
import { answerOnce } from '../idempotency.ts'
import { assertService, planRegistration, registrationPlanSchema, zoneFor } from '../plan-registration.ts'
import { invalid, Refusal } from '../problem.ts'
import {
  domainFilterOf,
  domainFilters,
  domainParams,
  domainSchema,
  flag,
  pageFields,
  pageOf,
  problems,
} from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

/** Launching domains, reading and changing them, and letting them go. */
export function domainRoutes(app: App, context: RouteContext): void {
  const { registryOf, zoneStore, services, clock, settings, publishDue, record } = context
  const { rules, tokenLifetimeMs } = settings
  const registration = registrationSchema(rules).meta({ id: 'Registration' })
  const change = changeSchema(rules).meta({ id: 'DomainChange' })

  app.post(
    '/v1/domains',
    {
      config: { tenants: true },
      preValidation: fillInTenant,
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
      assertOwnTenant(request, request.body.tenant)
      const wanted = registerDomain(request.body, { clock, tokenLifetimeMs })
      if (request.query.dry_run) return reply.send(await planRegistration(wanted, registryOf(request), context))
      // Not within an Idempotency-Key's transaction, which has a connection already: all at once would wait for a second.
      await assertService(wanted, services)
      const zone = await zoneFor(wanted, zoneStore)
      return answerOnce(request, reply, context, async (store) => {
        const created = await store.create({ ...wanted, requestId: request.id })
        if (created.kind === 'exists') {
          const message = `${wanted.hostname} is already registered by ${wanted.tenant}.`
          throw new Refusal('HOSTNAME_EXISTS', message, { id: created.id })
        }
        const { domain } = created
        const view = { ...BARE, domain, provider: zone?.account.provider ?? null }
        const body = domainResource(view, rules.edge)
        return {
          status: 202,
          headers: { location: `/v1/domains/${domain.id}`, etag: etagOf(body) },
          body,
          due: [domain.id],
        }
      })
    },
  )

  app.get(
    '/v1/domains',
    {
      config: { tenants: true },
      schema: {
        summary: 'List domains, newest first',
        tags: ['domains'],
        querystring: z.strictObject({ ...domainFilters, ...pageFields }),
        response: { 200: pageOf(domainSchema), ...problems(403, 422) },
      },
    },
    async (request, reply) => {
      const { limit, cursor = null, ...given } = request.query
      if (given.service !== undefined) assertPlatform(request, 'ask for the domains of a service')
      const filter = domainFilterOf(given)
      const { data, nextCursor } = await registryOf(request).list(filter, { limit, cursor })
      return reply.send({ data: data.map((view) => domainResource(view, rules.edge)), next_cursor: nextCursor })
    },
  )

  app.get(
    '/v1/domains/:id',
    {
      config: { tenants: true },
      schema: {
        summary: 'Read a domain',
        tags: ['domains'],
        params: domainParams,
        response: {
          200: domainSchema,
          304: z.null().describe('As the caller has it already (`If-None-Match`).'),
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const view = await findDomain(registryOf(request), request.params.id, rules)
      const body = domainResource(view, rules.edge)
      const etag = etagOf(body)
      void reply.header('etag', etag)
      return isKnown(request, etag) ? reply.code(304).send(null) : reply.send(body)
    },
  )

  app.patch(
    '/v1/domains/:id',
    {
      config: { tenants: true },
      schema: {
        summary: 'Change target or metadata; the same body looks again now',
        tags: ['domains'],
        params: domainParams,
        body: change,
        response: { 202: domainSchema, ...problems(400, 404, 409, 412, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const registry = registryOf(request)
      const { domain } = await findDomain(registry, request.params.id, rules)
      const { target, metadata } = request.body
      if (target !== undefined && pointsAt(target, domain.hostname)) {
        throw invalid([{ ...TARGET_LOOP, path: TARGET_LOOP.path.join('.') }])
      }
      if (target !== undefined) await assertService({ ...domain, target }, services)
      const patch = { ...(target === undefined ? {} : { target }), ...(metadata === undefined ? {} : { metadata }) }
      const found = { store: registry, id: domain.id, edge: rules.edge }
      const answer = await record(request, async () => {
        const intent = await ifUnchanged(request, found, (store) => store.change(domain.id, patch))
        return intentAnswer(registry, intent, rules.edge)
      })
      publishDue(answer.due)
      return reply.code(202).headers(answer.headers).send(answer.body)
    },
  )

  app.delete(
    '/v1/domains/:id',
    {
      config: { tenants: true },
      schema: {
        summary: 'Let a domain go: the route is withdrawn at once, then the grace runs',
        tags: ['domains'],
        params: domainParams,
        querystring: z.strictObject({
          immediate: flag.describe('`true` skips the grace.'),
          revoke: flag.describe('`true` has the certificate revoked once it is served nowhere.'),
        }),
        response: { 202: domainSchema, ...problems(404, 409, 412, 422) },
      },
    },
    async (request, reply) => {
      const registry = registryOf(request)
      const { domain } = await findDomain(registry, request.params.id, rules)
      const found = { store: registry, id: domain.id, edge: rules.edge }
      const answer = await record(request, async () => {
        const intent = await ifUnchanged(request, found, (store) => store.remove(domain.id, request.query))
        return intentAnswer(registry, intent, rules.edge)
      })
      publishDue(answer.due)
      return reply.code(202).headers(answer.headers).send(answer.body)
    },
  )
}
