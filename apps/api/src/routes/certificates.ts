import { CERTIFICATE_STATUSES, importCertificate, newCertificateId } from '@mooring/core'
import { z } from 'zod'
import { listedCertificateResource, listedCertificateSchema, ownCertificateSchema } from '../certificate-schemas.ts'
import { findDomain, intentAnswer } from '../find-domain.ts'
import { answerOnce } from '../idempotency.ts'
import { invalid } from '../problem.ts'
import { domainParams, domainSchema, pageFields, pageOf, problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

/** All certificates, and those that customers bring themselves. */
export function certificateRoutes(app: App, context: RouteContext): void {
  const { registryOf, custody, clock } = context
  const { rules } = context.settings

  app.get(
    '/v1/certificates',
    {
      config: { tenants: true },
      schema: {
        summary: 'List certificates, those that end first first',
        tags: ['ops'],
        querystring: z.strictObject({
          status: z.enum(CERTIFICATE_STATUSES).default('issued'),
          expires_before: z.iso.datetime({ offset: true }).optional(),
          ...pageFields,
        }),
        response: { 200: pageOf(listedCertificateSchema), ...problems(422) },
      },
    },
    async (request, reply) => {
      const { limit, cursor = null, status, expires_before: end } = request.query
      const filter = { status, expiresBefore: end === undefined ? undefined : new Date(end) }
      const { data, nextCursor } = await registryOf(request).certificates(filter, { limit, cursor })
      const now = clock.now()
      return reply.send({ data: data.map((one) => listedCertificateResource(one, now)), next_cursor: nextCursor })
    },
  )

  app.post(
    '/v1/domains/:id/certificate',
    {
      config: { tenants: true },
      schema: {
        summary: 'Use a certificate of the customer’s own',
        description:
          'In place of the one in use, which is served until every edge has proved this one. From now on none is ordered ' +
          'for the domain (`tls.mode` is `imported`). The key is stored encrypted and never shown again.',
        tags: ['domains'],
        params: domainParams,
        body: ownCertificateSchema.meta({ id: 'OwnCertificate' }),
        response: { 202: domainSchema, ...problems(400, 404, 409, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const { domain } = await findDomain(registryOf(request), request.params.id, rules)
      const { chain_pem: chainPem, key_pem: keyPem } = request.body
      const own = importCertificate({ chainPem, keyPem }, { hostname: domain.hostname, now: clock.now() })
      if (!own.ok) throw invalid(own.errors)
      const id = newCertificateId()
      const sealedKey = custody.seal(own.keyPem, { ownerId: domain.id, secretId: id })
      return answerOnce(request, reply, context, async (store) => {
        const answer = await store.importCertificate(domain.id, { id, sealedKey, issued: own.issued })
        return intentAnswer(store, answer, rules.edge)
      })
    },
  )
}
