import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'

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
        { name: 'dns zones', description: 'Zones that the platform controls: names in them need no human step.' },
        { name: 'ops', description: 'What the fleet is doing.' },
        { name: 'edges', description: 'The web servers in front.' },
        { name: 'edge feed', description: 'For agents, under a token of their own.' },
        { name: 'challenges', description: 'For certificate authorities, through the edges.' },
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
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  })
  void app.register(async (scope) => {
    scope.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => reply.send(app.swagger()))
  })
}
