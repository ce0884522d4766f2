/**
 * What the API takes and answers, for the OpenAPI document. Requests are judged by these schemas; answers are built by
 * `domain-resource.ts` to their types and not checked again, so that a state of a newer release can still be shown.
 */
import {
  DNS_PROVIDERS,
  type DomainFilter,
  ERRORS,
  type ErrorCode,
  JOB_KINDS,
  LANES,
  REASONS,
  type ReasonCode,
  STATES,
  STEP_NAMES,
  VERIFICATION_METHODS,
} from '@mooring/core'
import { z } from 'zod'

const time = z.string().meta({ format: 'date-time' })
const reasonCodes = Object.keys(REASONS) as [ReasonCode, ...ReasonCode[]]
const actors = ['customer', 'platform', 'operator', 'ca', 'nobody'] as const

export const reasonSchema = z
  .object({
    code: z.enum(reasonCodes).describe(reasonCodes.map((code) => `- \`${code}\`: ${REASONS[code].means}`).join('\n')),
    message: z.string().describe('Names the record, what was found, and what to do.'),
    actor: z.enum(actors).describe('Who must act.'),
    expected: z.array(z.string()).exactOptional(),
    observed: z.array(z.string()).exactOptional(),
  })
  .meta({ id: 'Reason' })

const targetSchema = z
  .union([
    z.object({ type: z.literal('proxy'), url: z.string() }),
    z.object({ type: z.literal('proxy'), service: z.string() }),
    z.object({ type: z.literal('redirect'), url: z.string(), status: z.literal([301, 302, 307, 308]) }),
    z.object({ type: z.literal('none') }),
  ])
  .meta({ id: 'Target' })

export const dnsRecordSchema = z
  .object({
    type: z.enum(['TXT', 'CNAME', 'A', 'AAAA']),
    name: z.string(),
    value: z.string(),
    purpose: z.enum(['ownership', 'routing', 'certificate']),
    status: z.enum(['ok', 'missing', 'mismatch', 'unknown']),
    observed: z.array(z.string()),
    checked_at: z.string().nullable(),
    accepted_until: time.nullable().describe('Of the record with the token before: until then it is good as well.'),
  })
  .meta({ id: 'DnsRecord' })

export const verificationSchema = z
  .object({
    method: z.enum(VERIFICATION_METHODS),
    routing: z.boolean().describe('Whether the name has to lead here.'),
    expires_at: time.describe('Until when the token has to be found for the first time.'),
    previous: z
      .object({ accepted_until: time })
      .nullable()
      .describe('The token before, while it is good beside the new one; null when no rotation is under way.'),
    http: z
      .object({ url: z.string(), body: z.string() })
      .nullable()
      .describe(
        'The page that the name’s web server has to show; null for other methods than `http`, and in a dry run.',
      ),
  })
  .meta({ id: 'Verification' })

const certificateSchema = z
  .object({
    status: z.enum(['none', 'ordering', 'issued', 'superseded', 'parked', 'revoked']),
    issuer: z.string().nullable(),
    serial: z.string().nullable(),
    not_after: time.nullable(),
    renew_at: time.nullable(),
    rate_limited_until: time.nullable(),
  })
  .meta({ id: 'CertificateStatus' })

const domainEdgesSchema = z
  .object({
    generation: z.int().nullable(),
    proved: z.int(),
    live: z.int(),
    pending: z.array(z.string()).describe('Live edges that do not serve the present route yet.'),
    silent: z.array(z.string()).describe('Edges without a heartbeat that do not serve it yet.'),
    rejected: z.array(z.object({ edge: z.string(), detail: z.string() })),
  })
  .meta({ id: 'DomainEdges' })

export const domainSchema = z
  .object({
    id: z.string(),
    hostname: z.string(),
    tenant: z.string(),
    state: z.enum(STATES),
    step: z.enum(STEP_NAMES).describe('The step that runs next, or that failed.'),
    reason: reasonSchema.nullable(),
    attempt: z.int(),
    next_check_at: time.nullable(),
    target: targetSchema,
    verification: verificationSchema,
    holds: z.boolean().describe('Whether this claim holds the hostname: of all that proved it, it was the last.'),
    tls: z.object({
      mode: z.enum(['auto', 'off', 'imported']),
      shared: z.boolean().optional().describe('Managed names below this wildcard use its certificate.'),
    }),
    edge_pool: z.string(),
    vhost: z.literal('dedicated'),
    priority: z.enum(LANES),
    suspension: z
      .enum(['ownership', 'operator'])
      .nullable()
      .describe('What suspended the domain: the loss of its proof, or a person.'),
    consents: z.array(z.string()).describe('Tenants that may have names below this one without a proof of their own.'),
    dns: z.object({
      provider: z.enum(DNS_PROVIDERS).nullable().describe('Of the managed zone that the name lies in.'),
      records: z.array(dnsRecordSchema),
    }),
    certificate: certificateSchema,
    edges: domainEdgesSchema,
    metadata: z.record(z.string(), z.unknown()),
    created_at: time,
    updated_at: time,
    activated_at: time.nullable(),
    revoke: z.boolean().describe('Whether the certificate is revoked once the domain has left.'),
    delete_after: time.nullable(),
  })
  .meta({ id: 'Domain' })

export const eventSchema = z
  .object({ id: z.string(), at: time, type: z.string(), actor: z.string(), data: z.record(z.string(), z.unknown()) })
  .meta({ id: 'DomainEvent' })

export const attemptSchema = z
  .object({
    id: z.string(),
    step: z.string(),
    worker: z.string(),
    started_at: time,
    finished_at: time.nullable(),
    outcome: z.enum(['running', 'done', 'wait', 'retry', 'failed', 'superseded', 'lost']),
    code: z.string().nullable(),
    detail: z.string().nullable(),
    trace_id: z.string().nullable().describe('Of a step that has ended and was traced.'),
  })
  .meta({ id: 'Attempt' })

export const jobSchema = z
  .object({
    kind: z.enum(JOB_KINDS),
    domain_id: z.string().nullable().describe('Null for a dead letter.'),
    hostname: z.string().describe('The name of the queue for a dead letter.'),
    tenant: z.string().nullable(),
    state: z.string().nullable(),
    step: z.string().nullable(),
    lane: z.string().nullable(),
    attempt: z.int().nullable(),
    worker: z.string().nullable(),
    reason: reasonSchema.nullable(),
    dead_letter: z
      .object({ code: z.string(), detail: z.string(), excerpt: z.string(), bytes: z.int() })
      .nullable()
      .describe('What is wrong with a message that nobody could take.'),
    at: time.describe('When it became due, was claimed, is due next, failed or died, by kind.'),
  })
  .meta({ id: 'Job' })

export const jobCountsSchema = z.record(z.enum(JOB_KINDS), z.int()).meta({ id: 'JobCounts' })

export const edgeSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    pool: z.string(),
    live: z.boolean(),
    registered_at: time,
    last_seen_at: time.nullable(),
    generation: z.int(),
    server: z.string().nullable(),
    quarantined_at: time.nullable().describe('Since when nobody waits for it.'),
  })
  .meta({ id: 'Edge' })

export const workerSchema = z
  .object({
    name: z.string(),
    slots: z.int(),
    busy: z.int(),
    live: z.boolean(),
    draining: z.boolean().describe('Finishes what it has, and takes nothing new.'),
    started_at: time,
    seen_at: time,
    jobs: z.array(z.object({ domain_id: z.string(), hostname: z.string(), step: z.string(), since: time })),
  })
  .meta({ id: 'Worker' })

const fieldErrorSchema = z
  .object({ path: z.string(), code: z.string(), message: z.string() })
  .meta({ id: 'FieldError' })

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
    detail: z.string(),
    errors: z.array(fieldErrorSchema).optional(),
    id: z.string().optional().describe('Of the domain in the way, for HOSTNAME_EXISTS within one tenant.'),
    request_id: z.string(),
  })
  .meta({ id: 'Problem' })

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ data: z.array(item), next_cursor: z.string().nullable() })

// Postgres text holds no U+0000, and nobody searches for other controls.
const searchText = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^\P{Cc}*$/u, 'Controls are not allowed.')

/** Query fields of every list. */
export const pageFields = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: searchText(512).optional().describe('`next_cursor` of the page before.'),
}

/** A query field that is on or off. */
export const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true')

export const domainParams = z.strictObject({ id: z.string().describe('The id, or the hostname.') })

export const domainFilters = {
  state: z.enum(STATES).optional(),
  reason: z.enum(reasonCodes).optional(),
  actor: z.enum(actors).optional(),
  tenant: searchText(128).optional(),
  service: searchText(63).optional().describe('The service that the target names. Not for a tenant’s key.'),
  q: searchText(253).optional().describe('Part of a hostname; one or two letters are what it begins with.'),
  expires_before: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('Of the certificate in use. Then those whose certificates end first come first.'),
}

/** As the store takes it: without what was not given. */
export function domainFilterOf({
  expires_before: end,
  ...given
}: z.output<z.ZodObject<typeof domainFilters>>): DomainFilter {
  const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return end === undefined ? filter : { ...filter, expiresBefore: new Date(end) }
}

export const jobFilters = {
  kind: z.enum(JOB_KINDS).optional(),
  q: searchText(253)
    .optional()
    .describe(
      'Part of a hostname, or of the name of a dead letter’s queue; one or two letters are what it begins with.',
    ),
  lane: z.enum(LANES).optional(),
  tenant: searchText(128).optional(),
  worker: searchText(253).optional().describe('Who holds it, or held it last.'),
  step: z.enum(STEP_NAMES).optional(),
  reason: searchText(64).optional().describe('The code of its reason, or of what is wrong with a dead letter.'),
}

/** Problem documents of these statuses, beside the ones that any call may answer. */
export function problems(...statuses: number[]) {
  const all = [...statuses, 401, 403, 500, 503]
  return Object.fromEntries(all.map((status) => [status, problemResponse(status)]))
}

export function problemResponse(status: number) {
  const codes = Object.entries(ERRORS).filter(([, error]) => error.status === status)
  return {
    description: codes.map(([code, { title }]) => `${code}: ${title}.`).join(' '),
    content: { 'application/problem+json': { schema: problemSchema } },
  }
}
