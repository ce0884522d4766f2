/**
 * What travels between the control plane and an edge, as JSON: `GET /v1/edges/self/routes` answers a route update,
 * `POST /v1/edges/self/report` takes a report. Both sides use these schemas, and neither trusts the other's word.
 */
import { z } from 'zod'
import { type Hostname, parseHostname } from '../domain/hostname.ts'
import { type Parsed, parsed, refused } from '../errors.ts'
import { DOMAIN_ID } from '../ids.ts'
import type { EdgeReport, RejectedRoute, Route, RouteUpdate } from './route.ts'
import {
  type EdgeService,
  formatServiceServer,
  HEALTH_PATH,
  parseServiceServer,
  SERVICE_HOST,
  SERVICE_NAME,
} from './service.ts'

const generation = z.int().min(0)
const domainId = z.string().regex(DOMAIN_ID)

// Which zones may be registered is the control plane's policy. An edge checks the syntax only, since the name becomes
// part of a file name and of a configuration there, and takes nothing but the normal form.
const hostname = z
  .string()
  .max(253)
  .refine((text) => syntaxOf(text) === text, 'This is not a hostname in its normal form.')

function syntaxOf(text: string): string | null {
  const answer = parseHostname(text, { reserved: [], allowedZones: [text.slice(text.lastIndexOf('.') + 1)] })
  return answer.ok ? answer.value : null
}

const target = z.union([
  z.strictObject({ type: z.literal('proxy'), url: z.string().max(2048) }),
  z.strictObject({ type: z.literal('proxy'), service: z.string().regex(SERVICE_NAME) }),
  z.strictObject({
    type: z.literal('redirect'),
    url: z.string().max(2048),
    status: z.literal([301, 302, 307, 308]),
  }),
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({ type: z.literal('holding') }),
])

// RFC 7468: nothing but Base64 lines between the boundaries. OpenSSL reads on from there.
const pem = (label: string, most: number) =>
  z
    .string()
    .max(65_536)
    .regex(
      new RegExp(
        `^(?:-----BEGIN ${label}-----\\r?\\n(?:[A-Za-z0-9+/=]{1,76}\\r?\\n)+-----END ${label}-----\\s*){1,${most}}$`,
      ),
      'This is not PEM.',
    )

const certificate = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  /** Upper-case hex as `node:crypto` prints it; a folder's name on the edge. RFC 5280 §4.1.2.2: at most 20 octets. */
  serial: z.string().regex(/^[0-9A-F]{1,42}$/),
  chain_pem: pem('CERTIFICATE', 10),
  key_pem: pem('(?:EC |RSA )?PRIVATE KEY', 1),
})

/** An `https` route without a certificate is one whose key could not be opened: the edge refuses it by name. */
export const routeSchema = z.strictObject({
  domain_id: domainId,
  hostname,
  generation,
  variant: z.enum(['http', 'https', 'removed']),
  target,
  certificate: certificate.nullable(),
})

/**
 * Each server is parsed again, as targets are: the edge makes the connection. What an agent does not know of a service it
 * passes over, for without the service every name that points at it would be lost.
 */
const serviceOnWire = z.object({
  name: z.string().regex(SERVICE_NAME),
  scheme: z.enum(['http', 'https']),
  servers: z.array(z.string().refine((text) => parseServiceServer(text).ok, 'This is no server of a service.')),
  tls_name: z.string().regex(SERVICE_HOST).nullable(),
  health: z.object({ path: z.string().regex(HEALTH_PATH), interval_seconds: z.int().min(1) }).nullable(),
})

/**
 * The answer of the long poll. `generation` is where the next poll starts. `services`, where it is there, takes the place
 * of all that were known. `traces` has traceparents by domain: beside the routes, since an agent of the release before
 * refuses a route that has more than it knows.
 */
export const routeUpdateSchema = z.strictObject({
  generation,
  routes: z.array(routeSchema),
  services: z.array(serviceOnWire).optional(),
  traces: z.record(domainId, z.string()).optional(),
})

// An update with one bad route among good ones must not hold up the good ones, so its routes are read one by one, and
// its services, too: a route whose service is missing is named by the edge.
const envelope = z.object({
  generation,
  routes: z.array(z.looseObject({ domain_id: domainId, generation })).max(10_000),
  services: z.array(z.unknown()).max(10_000).optional(),
  traces: z.record(z.string(), z.string()).optional().catch(undefined),
})

export const edgeReportSchema = z.strictObject({
  generation,
  rejected: z.array(z.strictObject({ domain_id: domainId, generation, detail: z.string().max(1000) })).max(10_000),
  server: z.string().regex(/^[\x20-\x7e]{1,64}$/),
})

export function encodeRouteUpdate(update: RouteUpdate): z.input<typeof routeUpdateSchema> {
  const { generation, routes, services, traces } = update
  return {
    generation,
    routes: routes.map(encodeRoute),
    ...(services === undefined ? {} : { services: services.map(encodeService) }),
    ...(traces === undefined ? {} : { traces }),
  }
}

const encodeService = ({ name, scheme, servers, tlsName, health }: EdgeService): z.input<typeof serviceOnWire> => ({
  name,
  scheme,
  servers: servers.map(formatServiceServer),
  tls_name: tlsName,
  health: health && { path: health.path, interval_seconds: health.intervalSeconds },
})

export function encodeRoute(route: Route): z.input<typeof routeSchema> {
  const { certificate } = route
  return {
    domain_id: route.domainId,
    hostname: route.hostname,
    generation: route.generation,
    variant: route.variant,
    target: route.target,
    certificate: certificate && {
      id: certificate.id,
      serial: certificate.serial,
      chain_pem: certificate.chainPem,
      key_pem: certificate.keyPem,
    },
  }
}

/** Reads an update. Routes that are not well-formed are told apart, so that the edge can name them in its report. */
export function parseRouteUpdate(json: unknown): Parsed<{ update: RouteUpdate; malformed: RejectedRoute[] }> {
  const outer = envelope.safeParse(json)
  if (!outer.success)
    return refused('UPDATE_MALFORMED', `The route update is not well-formed: ${complaints(outer.error)}`)
  const routes: Route[] = []
  const malformed: RejectedRoute[] = []
  for (const item of outer.data.routes) {
    const answer = routeSchema.safeParse(item)
    if (answer.success) routes.push(decodeRoute(answer.data))
    else
      malformed.push({
        domainId: item.domain_id,
        generation: item.generation,
        detail: `The route is not well-formed: ${complaints(answer.error)}`,
      })
  }
  const { generation, services, traces } = outer.data
  const update = {
    generation,
    routes,
    ...(services === undefined ? {} : { services: services.flatMap(decodeService) }),
    ...(traces === undefined ? {} : { traces }),
  }
  return parsed({ update, malformed })
}

function decodeService(json: unknown): EdgeService[] {
  const answer = serviceOnWire.safeParse(json)
  if (!answer.success) return []
  const { name, scheme, tls_name: tlsName, health } = answer.data
  const servers = answer.data.servers.flatMap((text) => {
    const server = parseServiceServer(text)
    return server.ok ? [server.value] : []
  })
  return [
    {
      name,
      scheme,
      servers,
      tlsName,
      health: health && { path: health.path, intervalSeconds: health.interval_seconds },
    },
  ]
}

function decodeRoute(route: z.output<typeof routeSchema>): Route {
  const { certificate } = route
  return {
    domainId: route.domain_id,
    hostname: route.hostname as Hostname, // The schema ran the one parser.
    generation: route.generation,
    variant: route.variant,
    target: route.target,
    certificate: certificate && {
      id: certificate.id,
      serial: certificate.serial,
      chainPem: certificate.chain_pem,
      keyPem: certificate.key_pem,
    },
  }
}

export function encodeReport(report: EdgeReport): z.input<typeof edgeReportSchema> {
  return {
    generation: report.generation,
    rejected: report.rejected.map(({ domainId, generation, detail }) => ({
      domain_id: domainId,
      generation,
      detail: detail.slice(0, 1000),
    })),
    server: report.server,
  }
}

/** A validated report as the business knows it. */
export function decodeReport(report: z.output<typeof edgeReportSchema>): EdgeReport {
  return {
    generation: report.generation,
    rejected: report.rejected.map(({ domain_id, generation, detail }) => ({ domainId: domain_id, generation, detail })),
    server: report.server,
  }
}

const complaints = (error: z.ZodError): string =>
  error.issues
    .map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`)
    .join('; ')
    .slice(0, 900)
