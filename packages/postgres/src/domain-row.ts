import type { Domain, Hostname, State, StepName, Verification } from '@mooring/core'
import type { Selectable } from 'kysely'
import type { StoredVerification } from './tables/domains.ts'
import type { Tables } from './tables.ts'

export type DomainRow = Selectable<Tables['domains']>

/**
 * A row as core knows it. State and step are text in the database: a row written by a newer release keeps its own
 * words when it is shown, and `claim` never hands such a row to the engine.
 */
export function toDomain(row: DomainRow): Domain {
  return {
    id: row.id,
    hostname: row.hostname as Hostname,
    tenant: row.tenant,
    state: row.state as State,
    step: row.step as StepName,
    reason: row.reason,
    attempt: row.attempt,
    looks: row.looks,
    gen: row.gen,
    lane: row.lane,
    nextRunAt: row.next_run_at,
    target: row.target,
    verification: toVerification(row.verification, row.created_at),
    tls: row.tls,
    edgePool: row.edge_pool,
    dns: row.dns,
    certificateId: row.certificate_id,
    reverifyAt: row.reverify_at,
    renewAt: row.renew_at,
    renewalAttempt: row.renewal_attempt,
    renewalReason: row.renewal_reason,
    holds: row.holds,
    takesOverFrom: row.takes_over_from,
    suspension: row.suspension,
    ownershipMissedAt: row.ownership_missed_at,
    routeGeneration: row.route_generation,
    metadata: row.metadata,
    immediate: row.immediate,
    revoke: row.revoke,
    deleteAfter: row.delete_after,
    ownershipVerifiedAt: row.ownership_verified_at,
    routingVerifiedAt: row.routing_verified_at,
    activatedAt: row.activated_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** A token without a date is as old as its domain: whoever made it knew no rotation. */
export function toVerification(
  { method, token, routing = true, expiresAt, issuedAt, previous = null }: StoredVerification,
  createdAt: Date,
): Verification {
  return {
    method,
    routing,
    token,
    issuedAt: issuedAt === undefined ? createdAt : new Date(issuedAt),
    expiresAt: new Date(expiresAt),
    previous: previous === null ? null : { ...previous, acceptedUntil: new Date(previous.acceptedUntil) },
  }
}
