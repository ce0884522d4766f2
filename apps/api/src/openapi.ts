import swagger from '@fastify/swagger'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { leastRoleFor } from './access.ts'

/** Collects every route's schemas; `/openapi.json` shows them as OpenAPI 3.1. Before any route. */
export function installOpenApi(app: FastifyInstance): void {
  void app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Mooring',
        version: '1',
        description: 'Ties customers’ own domains to a platform. Every error is a problem document (RFC 9457).',
      },
      tags: [
        { name: 'domains', description: 'Launching, reading, changing and letting go.' },
        { name: 'events', description: 'What happens, as it happens.' },
        {
          name: 'webhooks',
          description: 'Addresses of the platform that are told of events, signed as Standard Webhooks has it.',
        },
        { name: 'dns zones', description: 'Zones that the platform controls: names in them need no human step.' },
        { name: 'services', description: 'The platform’s own upstream servers, which targets name in place of a URL.' },
        { name: 'ops', description: 'What the fleet is doing.' },
        { name: 'edges', description: 'The web servers in front.' },
        { name: 'edge feed', description: 'For agents, under a token of their own.' },
        { name: 'challenges', description: 'For certificate authorities, through the edges.' },
        { name: 'access', description: 'Keys, people, and who is asking.' },
        { name: 'audit', description: 'Who changed what, in a chain that shows what was tampered with.' },
        { name: 'mails', description: 'Pages that customers get to from a mail.' },
        { name: 'health', description: 'For load balancers and supervisors.' },
      ],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An API key, or an edge’s token on the edge feed.' },
          basic: { type: 'http', scheme: 'basic', description: 'Any user, the API key as the password.' },
        },
      },
      security: [{ bearer: [] }, { basic: [] }],
    },
    transform: (route) => {
      const { schema, url } = jsonSchemaTransform(route)
      return { schema: { ...schema, ...whoMayAsk(route.route) }, url }
    },
    transformObject: jsonSchemaTransformObject,
  })
  void app.register(async (scope) => {
    scope.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => reply.send(app.swagger()))
  })
}

/** Roles are ours and no scheme of OpenAPI's: as extensions. Nothing for routes that a key has no part in. */
function whoMayAsk({ url, method, schema, config = {} }: RouteOptions): object {
  const isAskedByKeys = url.startsWith('/v1/') && !url.startsWith('/v1/edges/self/') && url !== '/v1/session'
  if (!isAskedByKeys || schema?.security?.length === 0) return {}
  return { 'x-role': leastRoleFor(String(method), config), 'x-tenant-keys': config.tenants === true }
}
