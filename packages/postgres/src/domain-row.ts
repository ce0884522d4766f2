import type { Domain, Hostname, State, StepName } from '@mooring/core'
import type { Selectable } from 'kysely'
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
    verification: { ...row.verification, expiresAt: new Date(row.verification.expiresAt) },
    tls: row.tls,
    edgePool: row.edge_pool,
    dns: row.dns,
    certificateId: row.certificate_id,
    routeGeneration: row.route_generation,
    metadata: row.metadata,
    immediate: row.immediate,
    deleteAfter: row.delete_after,
    ownershipVerifiedAt: row.ownership_verified_at,
    routingVerifiedAt: row.routing_verified_at,
    activatedAt: row.activated_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
