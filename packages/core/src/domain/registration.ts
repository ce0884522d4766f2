import { isIP } from 'node:net'
import { z } from 'zod'
import { type AddressRules } from '../edge/address-rules.ts'
import { SERVICE_NAME } from '../edge/service.ts'
import { VERIFICATION_METHODS } from './domain.ts'
import { type Hostname, type HostnamePolicy, covers, isWildcard, isWithin, parseHostname } from './hostname.ts'
import type { EdgeIdentity } from './records.ts'
import { formatUpstream, parseRedirect, parseUpstream, type Target, type Upstream } from './target.ts'
import { type Complaint, verificationComplaints } from './verification-rules.ts'

/** What a registration is judged by. */
export interface RegistrationRules {
  hostnames: HostnamePolicy
  addresses: AddressRules
  /** The platform's own edges: a target that points back at them is a loop. */
  edge: EdgeIdentity
}

/** Metadata is for the platform's own small facts, shown back as they came. */
export const MAX_METADATA_BYTES = 16_384
const MAX_METADATA_DEPTH = 32

/**
 * The body of a registration: `POST /v1/domains`. The rules are checked field by field inside the schema, so that one
 * parse finds every fault of a body, unknown fields and forbidden addresses alike. A rule's own code travels in the
 * issue's `params.code`.
 */
export const registrationSchema = (rules: RegistrationRules) =>
  fields(rules)
    .superRefine(
      ({ hostname, target }, context) => {
        if (pointsAt(target, hostname)) complain(context, target, TARGET_LOOP)
      },
      whenSound('hostname', 'target'),
    )
    .superRefine(
      ({ hostname, verification, tls }, context) => {
        const isManagedWildcard = isWildcard(hostname) && verification.method === 'managed'
        if (tls.shared === true && !isManagedWildcard) complain(context, tls, SHARED_NEEDS_MANAGED_WILDCARD)
      },
      whenSound('hostname', 'verification', 'tls'),
    )
    .superRefine(
      ({ hostname, verification }, context) => {
        for (const complaint of verificationComplaints(hostname, verification, rules.edge)) {
          complain(context, verification, complaint)
        }
      },
      whenSound('hostname', 'verification'),
    )

/** A rule about several fields is asked once these are sound, whatever is wrong with others. */
const whenSound = (...names: string[]) => ({
  when: ({ issues }: z.core.ParsePayload) =>
    issues.every(({ code, path: [field] = [] }) =>
      field === undefined ? code === 'unrecognized_keys' : !names.includes(String(field)),
    ),
})

export const tenantSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/, 'Letters, digits and . _ : @ - only, at most 128.')

const fields = (rules: RegistrationRules) =>
  z.strictObject({
    hostname: hostnameSchema(rules.hostnames),
    target: targetField(rules),
    verification: verificationField(),
    tls: tlsField().default({ mode: 'auto' }),
    edge_pool: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
      .default('default'),
    vhost: z.literal('dedicated').default('dedicated'),
    tenant: tenantSchema.default('default'),
    metadata: metadataField().default({}),
    priority: z
      .enum(['interactive', 'normal'])
      .default('interactive')
      .describe('`interactive`: a person waits. `normal`: nobody does, such as in a migration.'),
  })

/** The body of a change: `PATCH /v1/domains/{id}`. Without a field it looks again now. */
export const changeSchema = (rules: RegistrationRules) =>
  z.strictObject({ target: targetField(rules).optional(), metadata: metadataField().optional() })

export const TARGET_LOOP: Complaint = {
  path: ['target', 'url'],
  code: 'TARGET_LOOP',
  message: 'The target is the hostname itself: every request would come back.',
}

const SHARED_NEEDS_MANAGED_WILDCARD: Complaint = {
  path: ['tls', 'shared'],
  code: 'TLS_SHARED_NEEDS_MANAGED_WILDCARD',
  message: 'Only a wildcard in a zone of the platform can share its certificate: choose the method managed.',
}

/** Whether requests for the name would be sent to the name again, by the edge or by the visitor's browser. */
export function pointsAt(target: Target, hostname: Hostname): boolean {
  // Where a service's servers are is not known here; see `refusalOfService`.
  if (target.type === 'none' || 'service' in target) return false
  const url = new URL(target.url)
  return covers(hostname, url.hostname) && ['', '80', '443'].includes(url.port)
}

export type Registration = z.output<ReturnType<typeof registrationSchema>>

export function hostnameSchema(policy: HostnamePolicy) {
  return z
    .string()
    .transform((text, context) => {
      const hostname = parseHostname(text, policy)
      if (!hostname.ok) return refuse(context, text, hostname)
      return hostname.value
    })
    .describe('A DNS name, as Unicode or as A-labels; `*.` in front makes it a wildcard.')
}

function tlsField() {
  const mode = z
    .enum(['auto', 'off', 'imported'])
    .describe('`auto`: obtained and renewed. `off`: HTTP only. `imported`: the customer’s own, sent here.')
  const shared = z
    .literal(true)
    .optional()
    .describe('Of a managed wildcard: managed names below it use its certificate, and need no order.')
  return z.strictObject({ mode, shared })
}

function verificationField() {
  const method = z
    .enum(VERIFICATION_METHODS)
    .default('txt')
    .describe(
      [
        '- `txt`: a TXT record beside the name',
        '- `cname`: the name itself is an alias of a target of its own; proof and routing in one',
        '- `http`: the name’s present web server shows a page',
        '- `managed`: the name lies in a zone of the platform, which writes the records itself',
      ].join('\n'),
    )
  const routing = z
    .boolean()
    .default(true)
    .describe('`false`: the name may lead elsewhere, such as to a CDN in front; only ownership is asked of DNS.')
  return z.strictObject({ method, routing }).prefault({})
}

function targetField({ addresses, edge }: RegistrationRules) {
  const upstream = z.string().transform((text, context) => {
    const parsed = parseUpstream(text, addresses)
    if (!parsed.ok) return refuse(context, text, parsed)
    if (isOwnEdge(parsed.value, edge)) {
      return refuse(context, text, { code: 'TARGET_LOOP', message: 'The target is this platform’s own edge.' })
    }
    return formatUpstream(parsed.value)
  })
  const location = z.string().transform((text, context) => {
    const parsed = parseRedirect(text)
    return parsed.ok ? parsed.value.href : refuse(context, text, parsed)
  })
  return z.discriminatedUnion('type', [
    z
      .strictObject({
        type: z.literal('proxy'),
        url: upstream.optional().describe('Scheme, host and port of a public server.'),
        service: z
          .string()
          .regex(SERVICE_NAME, 'A service has small letters, digits and hyphens in its name, at most 63.')
          .optional()
          .describe('In place of `url`: the name of a service of the platform.'),
      })
      .transform(({ type, url, service }, context) => {
        if (url !== undefined && service === undefined) return { type, url }
        if (service !== undefined && url === undefined) return { type, service }
        return refuse(context, { url, service }, URL_OR_SERVICE)
      }),
    z.strictObject({
      type: z.literal('redirect'),
      url: location.describe('Where every request is sent, path and all.'),
      status: z.literal([301, 302, 307, 308]).default(302),
    }),
    z.strictObject({ type: z.literal('none') }),
  ])
}

const URL_OR_SERVICE = { code: 'TARGET_URL_OR_SERVICE', message: 'Give a proxy target either a url or a service.' }

/** Whether requests to it come back to the platform's own edge. */
export function isOwnEdge({ host, port }: Pick<Upstream, 'host' | 'port'>, edge: EdgeIdentity): boolean {
  // Another port of the same machine is another server, as in a setup on one host.
  if (isIP(host) !== 0) return edge.addresses.includes(host) && (port === 80 || port === 443)
  return isWithin(host, edge.hostname)
}

function metadataField() {
  return (
    z
      // Of JSON, which the body was read as: `z.json()` would follow any nesting, until the stack ends.
      .record(z.string(), z.unknown())
      .superRefine((metadata, context) => {
        if (!isAtMostDeep(metadata, MAX_METADATA_DEPTH)) {
          refuse(context, metadata, {
            code: 'METADATA_TOO_DEEP',
            message: 'Metadata is nested at most 32 levels deep.',
          })
          return
        }
        const text = JSON.stringify(metadata)
        if (Buffer.byteLength(text) > MAX_METADATA_BYTES) {
          refuse(context, metadata, {
            code: 'METADATA_TOO_LARGE',
            message: 'Metadata has at most 16,384 bytes as JSON.',
          })
        }
        // Postgres keeps neither in jsonb: the request would fail there, as if it were our fault.
        if (/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/.test(text)) {
          const message = 'Metadata contains U+0000 or half of a surrogate pair.'
          refuse(context, metadata, { code: 'METADATA_BAD_CHARACTER', message })
        }
      })
      .describe('A plain JSON object of at most 16 kB, shown back as it came.')
  )
}

function isAtMostDeep(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((inner) => isAtMostDeep(inner, levels - 1))
}

function refuse(context: z.RefinementCtx, input: unknown, complaint: { code: string; message: string }): never {
  context.addIssue({ code: 'custom', input, message: complaint.message, params: { code: complaint.code } })
  return z.NEVER
}

function complain(context: z.RefinementCtx, input: unknown, { path, code, message }: Complaint): void {
  context.addIssue({ code: 'custom', input, path, message, params: { code } })
}
