import { dnsRecords, verificationResource } from './shown-records.ts'
import type { EdgeIdentity } from './records.ts'
import type { DomainView } from '../ports.ts'
import type { ReasonCode } from '../reasons.ts'

const time = (at: Date): string => at.toISOString()
const timeOrNull = (at: Date | null): string | null => (at === null ? null : time(at))

/** The domain as callers see it, in answers and in webhooks (design: api.md). */
export function domainResource(view: DomainView, edge: EdgeIdentity) {
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
    vhost: 'dedicated' as const,
    priority: domain.lane === 'interactive' ? ('interactive' as const) : ('normal' as const),
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

function certificateResource({ certificate, domain }: DomainView) {
  const isLimited = domain.reason !== null && LIMITED.includes(domain.reason.code)
  return {
    status: certificate?.status ?? ('none' as const),
    issuer: certificate?.issuer ?? null,
    serial: certificate?.issued?.serial ?? null,
    not_after: timeOrNull(certificate?.issued?.notAfter ?? null),
    renew_at: timeOrNull(certificate?.issued?.renewAt ?? null),
    rate_limited_until: isLimited
      ? timeOrNull(domain.renewalReason === null ? domain.nextRunAt : domain.renewAt)
      : null,
  }
}

function edgesResource({ domain, route }: DomainView) {
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
