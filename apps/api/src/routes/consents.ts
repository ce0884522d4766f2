import { tenantSchema } from '@mooring/core'
import { z } from 'zod'
import { domainIdOf, intentAnswer } from '../find-domain.ts'
import { answerOnce } from '../idempotency.ts'
import { domainParams, domainSchema, problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

/** Who may have names below a domain's without a proof of their own. */
export function consentRoutes(app: App, context: RouteContext): void {
  const { registryOf, publishDue, record } = context
  const { rules } = context.settings

  app.post(
    '/v1/domains/:id/consents',
    {
      config: { tenants: true },
      schema: {
        summary: 'Let another tenant have names below this one without a proof of their own',
        tags: ['domains'],
        params: domainParams,
        body: z.strictObject({ tenant: tenantSchema }).meta({ id: 'Consent' }),
        response: { 202: domainSchema, ...problems(400, 404, 409, 413, 415, 422) },
      },
    },
    (request, reply) =>
      answerOnce(request, reply, context, async (store) => {
        const id = await domainIdOf(store, request.params.id, rules)
        return intentAnswer(store, await store.giveConsent(id, request.body.tenant), rules.edge)
      }),
  )

  app.delete(
    '/v1/domains/:id/consents/:tenant',
    {
      config: { tenants: true },
      schema: {
        summary: 'Withdraw a consent: what the tenant has by it alone must prove itself or is suspended',
        tags: ['domains'],
        params: domainParams.extend({ tenant: tenantSchema }),
        response: { 202: domainSchema, ...problems(404, 409, 422) },
      },
    },
    async (request, reply) => {
      const registry = registryOf(request)
      const id = await domainIdOf(registry, request.params.id, rules)
      const answer = await record(request, async () =>
        intentAnswer(registry, await registry.withdrawConsent(id, request.params.tenant), rules.edge),
      )
      publishDue(answer.due)
      return reply.code(202).send(answer.body)
    },
  )
}
