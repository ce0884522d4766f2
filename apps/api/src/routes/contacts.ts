import { DOMAIN_ID, tenantSchema } from '@mooring/core'
import { z } from 'zod'
import { contactResource, contactSchema, newContactSchema } from '../notice-schemas.ts'
import { notFound } from '../problem.ts'
import { problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

const params = z.strictObject({ tenant: tenantSchema })
const querystring = z.strictObject({
  domain: z
    .string()
    .regex(DOMAIN_ID, 'The id of a domain.')
    .optional()
    .describe('For this domain alone; without it, for all of the tenant’s that have none of their own.'),
})

/** Where customers are told what concerns their domains. */
export function contactRoutes(app: App, { contacts, record }: Pick<RouteContext, 'contacts' | 'record'>): void {
  app.put(
    '/v1/contacts/:tenant',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Say where a customer gets mails',
        description: 'Mails to customers are off unless the platform set them up.',
        tags: ['ops'],
        params,
        querystring,
        body: newContactSchema,
        response: { 200: contactSchema, ...problems(400, 404, 413, 415, 422, 429) },
      },
    },
    async (request, reply) => {
      const { tenant } = request.params
      const { domain: domainId = null } = request.query
      const contact = await record(
        request,
        async () => {
          const put = await contacts.put({ tenant, domainId }, request.body)
          if (put === null) throw notFound('domain of this tenant')
          return put
        },
        () => [{ tenant, after: { domain_id: domainId } }],
      )
      return reply.send(contactResource(contact))
    },
  )

  app.get(
    '/v1/contacts/:tenant',
    {
      schema: {
        summary: 'Read where a customer gets mails',
        tags: ['ops'],
        params,
        querystring,
        response: { 200: contactSchema, ...problems(404, 422, 429) },
      },
    },
    async ({ params: { tenant }, query: { domain: domainId = null } }, reply) => {
      const contact = await contacts.find({ tenant, domainId })
      if (contact === null) throw notFound('contact')
      return reply.send(contactResource(contact))
    },
  )

  app.delete(
    '/v1/contacts/:tenant',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Forget a contact: no more mails',
        tags: ['ops'],
        params,
        querystring,
        response: { 204: z.null().describe('Forgotten, with its address.'), ...problems(404, 422, 429) },
      },
    },
    async (request, reply) => {
      const { tenant } = request.params
      const { domain: domainId = null } = request.query
      await record(
        request,
        async () => {
          if (!(await contacts.remove({ tenant, domainId }))) throw notFound('contact')
        },
        () => [{ tenant, after: { domain_id: domainId } }],
      )
      return reply.code(204).send(null)
    },
  )
}
