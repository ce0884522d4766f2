import {
  formatServiceServer,
  HEALTH_PATH,
  MOST_SERVERS,
  parseServiceServer,
  type Service,
  SERVICE_HOST,
  SERVICE_NAME,
  type ServiceServer,
  type StoredService,
  tenantSchema,
  tlsNameComplaint,
} from '@mooring/core'
import { z } from 'zod'

export const serviceParams = z.strictObject({
  name: z
    .string()
    .regex(SERVICE_NAME, 'Small letters, digits and hyphens, at most 63.')
    .describe('What targets call it, such as `shop-api`.'),
})

/** The body of `PUT /v1/services/{name}`. */
export const serviceChangeSchema = z
  .strictObject({
    servers: z
      .array(serverField())
      .min(1)
      .max(MOST_SERVERS)
      .refine((servers) => new Set(servers).size === servers.length, {
        message: 'A server is there twice.',
        params: { code: 'SERVER_TWICE' },
      })
      .describe('Each as `host:port`; names are resolved by the edges. They may be private.'),
    scheme: z.enum(['http', 'https']).default('http').describe('How the servers are spoken to.'),
    tls_name: z
      .string()
      .toLowerCase()
      .regex(SERVICE_HOST, 'Expected a hostname.')
      .optional()
      .describe('The name in the servers’ certificates. With `https`, and required there.'),
    health: z
      .strictObject({
        path: z
          .string()
          .regex(HEALTH_PATH, 'Expected a path such as /healthz.')
          .describe('Asked of every server by every edge; 2xx and 3xx are well.'),
        interval_seconds: z.int().min(1).max(300).default(10),
      })
      .optional()
      .describe('Without it a server is left out only while it does not answer visitors.'),
    tenant: tenantSchema.optional().describe('Whose domains may use it; without it, every tenant’s.'),
  })
  .superRefine(
    ({ scheme, tls_name: tlsName }, context) => {
      const complaint = tlsNameComplaint(scheme, tlsName ?? null)
      if (complaint === null) return
      const { code, message } = complaint
      context.addIssue({ code: 'custom', path: ['tls_name'], message, params: { code } })
    },
    // Whatever is wrong with the others.
    { when: ({ issues }) => issues.every(({ path: [field] = [] }) => field !== 'scheme' && field !== 'tls_name') },
  )
  .meta({ id: 'ServiceChange' })

function serverField() {
  return z.string().transform((text, context) => {
    const server = parseServiceServer(text)
    if (server.ok) return formatServiceServer(server.value)
    context.addIssue({ code: 'custom', input: text, message: server.message, params: { code: server.code } })
    return z.NEVER
  })
}

/** A parsed body as the business knows it. */
export const serviceOf = (name: string, body: z.output<typeof serviceChangeSchema>): Service => ({
  name,
  tenant: body.tenant ?? null,
  scheme: body.scheme,
  servers: body.servers.map(serverOf),
  tlsName: body.tls_name ?? null,
  health: body.health === undefined ? null : { path: body.health.path, intervalSeconds: body.health.interval_seconds },
})

/** Of a server as `formatServiceServer` wrote it. */
function serverOf(text: string): ServiceServer {
  const colon = text.lastIndexOf(':')
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(text.slice(colon + 1)) }
}

export const serviceSchema = z
  .object({
    name: z.string(),
    tenant: z.string().nullable().describe('Whose domains may use it; null for every tenant’s.'),
    scheme: z.enum(['http', 'https']),
    servers: z.array(z.string()),
    tls_name: z.string().nullable(),
    health: z.object({ path: z.string(), interval_seconds: z.int() }).nullable(),
    edges: z
      .object({ applied: z.int(), pending: z.array(z.string()), silent: z.array(z.string()) })
      .describe(
        'How far the edges are with its last change: how many have it, which live ones do not, which are not heard of.',
      ),
    created_at: z.string().meta({ format: 'date-time' }),
    updated_at: z.string().meta({ format: 'date-time' }),
  })
  .meta({ id: 'Service' })

export function serviceResource({
  name,
  tenant,
  scheme,
  tlsName,
  edges,
  ...service
}: StoredService): z.output<typeof serviceSchema> {
  const { servers, health, createdAt, updatedAt } = service
  return {
    name,
    tenant,
    scheme,
    servers: servers.map(formatServiceServer),
    tls_name: tlsName,
    health: health && { path: health.path, interval_seconds: health.intervalSeconds },
    edges,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  }
}
