import { formatServiceServer, isOwnEdge, MOST_SERVICES, type Service } from '@mooring/core'
import { z } from 'zod'
import { invalid, notFound, Refusal } from '../problem.ts'
import { problems } from '../schemas.ts'
import { serviceChangeSchema, serviceOf, serviceParams, serviceResource, serviceSchema } from '../service-schemas.ts'
import type { App, RouteContext } from './route.ts'

/** Upstream servers of the platform, which targets name in place of a URL. For the platform's own keys. */
export function serviceRoutes(app: App, { services, record, settings }: RouteContext): void {
  const { edge } = settings.rules

  app.put(
    '/v1/services/:name',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'Make a service what it says here',
        description:
          'A target of type `proxy` names it in place of a URL. Its servers may be private, and a change of them reaches all ' +
          'edges at once, without a change of any domain. `edges` of the answer to `GET` says how far they are. With ' +
          '`If-None-Match: *` one that is there already stays as it is, and the answer is 412.',
        tags: ['services'],
        params: serviceParams,
        body: serviceChangeSchema,
        response: {
          200: serviceSchema,
          201: serviceSchema.describe('It is new.'),
          ...problems(400, 409, 412, 413, 415, 422),
        },
      },
    },
    async (request, reply) => {
      const { name } = request.params
      const service = serviceOf(name, request.body)
      const loops = service.servers.flatMap((server, place) => (isOwnEdge(server, edge) ? [`servers.${place}`] : []))
      if (loops.length > 0) {
        const message = 'This is the platform’s own edge: every request would come back.'
        throw invalid(loops.map((path) => ({ path, code: 'TARGET_LOOP', message })))
      }
      const made = await record(
        request,
        async () => {
          const before = await services.find(name)
          const answer = await services.put(service)
          if (answer === 'in_use') {
            throw new Refusal('SERVICE_IN_USE', `Domains of other tenants than ${service.tenant} use ${name}.`)
          }
          if (answer === 'too_many') {
            throw invalid([{ path: 'name', code: 'TOO_MANY', message: `There are ${MOST_SERVICES} services already.` }])
          }
          // RFC 9110 §13.1.2. What was written by then is rolled back.
          if (request.headers['if-none-match']?.trim() === '*' && answer !== 'created') {
            throw new Refusal('PRECONDITION_FAILED', `There is a service ${name} already. It stays as it is.`)
          }
          return { answer, before }
        },
        ({ answer, before }) =>
          answer === 'unchanged' ? [] : [{ before: before && factsOf(before), after: factsOf(service) }],
      )
      return reply.code(made.answer === 'created' ? 201 : 200).send(serviceResource(await find(name)))
    },
  )

  app.get(
    '/v1/services',
    {
      schema: {
        summary: 'List services by name',
        tags: ['services'],
        response: { 200: z.object({ data: z.array(serviceSchema), next_cursor: z.null() }), ...problems() },
      },
    },
    async (_request, reply) => {
      const found = await services.list()
      return reply.send({ data: found.map(serviceResource), next_cursor: null })
    },
  )

  app.get(
    '/v1/services/:name',
    {
      schema: {
        summary: 'Read a service',
        tags: ['services'],
        params: serviceParams,
        response: { 200: serviceSchema, ...problems(404) },
      },
    },
    async (request, reply) => reply.send(serviceResource(await find(request.params.name))),
  )

  async function find(name: string) {
    const service = await services.find(name)
    if (service === null) throw notFound('service')
    return service
  }

  app.delete(
    '/v1/services/:name',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'Forget a service that no domain uses',
        tags: ['services'],
        params: serviceParams,
        response: { 204: z.null().describe('Forgotten.'), ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      const { name } = request.params
      await record(
        request,
        async () => {
          const before = await services.find(name)
          const removed = await services.remove(name)
          if (before === null || removed === 'not_found') throw notFound('service')
          if (removed === 'in_use') {
            throw new Refusal('SERVICE_IN_USE', `Domains have ${name} as their target. Give them another one first.`)
          }
          return before
        },
        (before) => [{ before: factsOf(before) }],
      )
      return reply.code(204).send(null)
    },
  )
}

const factsOf = ({ tenant, scheme, servers, tlsName, health }: Service) => ({
  tenant,
  scheme,
  servers: servers.map(formatServiceServer),
  tls_name: tlsName,
  health,
})
