import { type AuditActor, type AuditLog, type Clock, MINUTE } from '@mooring/core'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { createFailureLimit } from './failure-limit.ts'
import { changeOf } from './record-change.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What was refused although the answer is no 403, told by facts of its own; null where nothing was. */
    refusal: Record<string, unknown> | null
  }
}

/** Whoever tries on and on does not fill the audit: of one principal so many a minute, and of all whom nobody knows. */
const MOST_A_MINUTE = 60

const UNKNOWN: AuditActor = { kind: 'unknown', id: '', name: '', tenant: null }

/**
 * What somebody may not do is on record, after the fact: a viewer who tries to change something, a key that asks for
 * another's, a page of another site that uses a browser's session, and a cookie that a sibling domain has planted.
 */
export function recordRefusals(scope: FastifyInstance, { audit, clock, log }: Recording): void {
  const limit = createFailureLimit(MOST_A_MINUTE, MINUTE, clock)
  scope.addHook('onResponse', async (request, { statusCode }) => {
    const { refusal } = request
    if (statusCode !== 403 && refusal === null) return
    const actor = request.principal ?? UNKNOWN
    try {
      limit.assertBelow(actor.id)
    } catch {
      return // Its first ones are there.
    }
    limit.note(actor.id)
    // A reason that is none is no reason here.
    delete request.headers['x-reason']
    const told = { outcome: 'refused' as const, ...(refusal === null ? {} : { after: refusal }) }
    await audit.write(changeOf(request, actor), told).catch((err: unknown) => {
      log.error({ err, action: request.routeOptions.url }, 'a refusal is not in the audit')
    })
  })
}

interface Recording {
  audit: AuditLog
  clock: Clock
  log: FastifyBaseLogger
}
