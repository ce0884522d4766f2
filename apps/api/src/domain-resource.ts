import {
  type Attempt,
  type DomainEvent,
  domainResource as describeDomain,
  type DomainView,
  type EdgeIdentity,
  type Job,
  type RegisteredEdge,
} from '@mooring/core'
import type { z } from 'zod'
import type * as schemas from './schemas.ts'

type Json<Schema extends z.ZodType> = z.output<Schema>

const time = (at: Date): string => at.toISOString()
const timeOrNull = (at: Date | null): string | null => (at === null ? null : time(at))

/** As webhooks have it, too: core makes it. */
export const domainResource = (view: DomainView, edge: EdgeIdentity): Json<typeof schemas.domainSchema> =>
  describeDomain(view, edge)

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
    trace_id: attempt.traceId,
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
    quarantined_at: timeOrNull(edge.quarantinedAt),
  }
}
