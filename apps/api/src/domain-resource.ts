import {
  type Attempt,
  type DomainEvent,
  type DomainView,
  type EdgeIdentity,
  type Job,
  type ReasonCode,
  type RegisteredEdge,
} from '@mooring/core'
import type { z } from 'zod'
import { dnsRecords, verificationResource } from './dns-resource.ts'
import type * as schemas from './schemas.ts'

type Json<Schema extends z.ZodType> = z.output<Schema>

const time = (at: Date): string => at.toISOString()
const timeOrNull = (at: Date | null): string | null => (at === null ? null : time(at))

/** The domain as callers see it (design: api.md). */
export function domainResource(view: DomainView, edge: EdgeIdentity): Json<typeof schemas.domainSchema> {
  const { domain } = view
  return {
    id: domain.id,
    hostname: domain.hostname,
    tenant: domain.tenant,
    state: domain.state,
    step: domain.step,
    reason: domain.reason,
    attempt: domain.attempt,
    next_check_at: timeOrNull(domain.nextRunAt),
    target: domain.target,
    verification: verificationResource(domain),
    holds: domain.holds,
    suspension: domain.suspension,
    consents: view.consents,
    tls: domain.tls,
    edge_pool: domain.edgePool,
    vhost: 'dedicated',
    priority: domain.lane === 'interactive' ? 'interactive' : 'normal',
    dns: { provider: view.provider, records: dnsRecords(domain, edge) },
    certificate: certificateResource(view),
    edges: edgesResource(view),
    metadata: domain.metadata,
    created_at: time(domain.createdAt),
    updated_at: time(domain.updatedAt),
    activated_at: timeOrNull(domain.activatedAt),
    revoke: domain.revoke,
    delete_after: timeOrNull(domain.deleteAfter),
  }
}

/** Codes of a wait for an authority's limit, whose end is known. */
const LIMITED: readonly ReasonCode[] = ['RATE_LIMIT_BUDGET', 'CA_RATE_LIMITED']

function certificateResource({ certificate, domain }: DomainView): Json<typeof schemas.certificateSchema> {
  const isLimited = domain.reason !== null && LIMITED.includes(domain.reason.code)
  return {
    status: certificate?.status ?? 'none',
    issuer: certificate?.issuer ?? null,
    serial: certificate?.issued?.serial ?? null,
    not_after: timeOrNull(certificate?.issued?.notAfter ?? null),
    renew_at: timeOrNull(certificate?.issued?.renewAt ?? null),
    rate_limited_until: isLimited
      ? timeOrNull(domain.renewalReason === null ? domain.nextRunAt : domain.renewAt)
      : null,
  }
}

function edgesResource({ domain, route }: DomainView): Json<typeof schemas.domainEdgesSchema> {
  const { proved, pending, silent, rejected } = route ?? { proved: [], pending: [], silent: [], rejected: [] }
  return {
    generation: domain.routeGeneration,
    proved: proved.length,
    live: proved.length + pending.length,
    pending,
    silent,
    rejected,
  }
}

export function eventResource(event: DomainEvent): Json<typeof schemas.eventSchema> {
  return { id: String(event.id), at: time(event.at), type: event.type, actor: event.actor, data: event.data }
}

export function attemptResource(attempt: Attempt): Json<typeof schemas.attemptSchema> {
  return {
    id: String(attempt.id),
    step: attempt.step,
    worker: attempt.worker,
    started_at: time(attempt.startedAt),
    finished_at: timeOrNull(attempt.finishedAt),
    outcome: attempt.outcome,
    code: attempt.code,
    detail: attempt.detail,
  }
}

export function jobResource({ domainId, deadLetter, at, ...job }: Job): Json<typeof schemas.jobSchema> {
  return { domain_id: domainId, ...job, dead_letter: deadLetter, at: time(at) }
}

export function edgeResource(edge: RegisteredEdge & { live: boolean }): Json<typeof schemas.edgeSchema> {
  return {
    id: edge.id,
    name: edge.name,
    pool: edge.pool,
    live: edge.live,
    registered_at: time(edge.registeredAt),
    last_seen_at: timeOrNull(edge.lastSeenAt),
    generation: edge.generation,
    server: edge.server,
  }
}
