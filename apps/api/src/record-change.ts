import {
  type AuditActor,
  type AuditedChange,
  type AuditLog,
  type AuditNote,
  DOMAIN_ID,
  type Registry,
  type RegistrationRules,
  type TraceStore,
} from '@mooring/core'
import type { FastifyRequest } from 'fastify'
import { principalOf } from './access.ts'
import { domainIdOf } from './find-domain.ts'
import { invalid, Refusal } from './problem.ts'
import type { TraceparentOf } from './trace-requests.ts'

export interface ChangeRecorder {
  /**
   * Runs a change in one transaction with its row in the audit, which says who did it, what, and why (`X-Reason`). What
   * `work` throws rolls back both. `note` says what was made, where the path does not name it; none for what changed
   * nothing. `work` asks nobody but the stores; whatever else is told of the change is told after it.
   */
  record<T>(request: FastifyRequest, work: () => Promise<T>, note?: (result: T) => AuditNote[]): Promise<T>
  /** A row by itself: for what is done in many transactions, and for who signs in. */
  tell(request: FastifyRequest, note: AuditNote, as?: { actor: AuditActor; action: string }): Promise<void>
}

interface Recording {
  audit: AuditLog
  registryOf(request: FastifyRequest): Registry
  rules: RegistrationRules
  /** Absent where nothing is traced. */
  traces?: TraceStore | undefined
  traceparentOf: TraceparentOf
}

export function createChangeRecorder({ audit, registryOf, rules, traces, traceparentOf }: Recording): ChangeRecorder {
  return {
    async record(request, work, note) {
      const change = changeOf(request, principalOf(request))
      const subject = await idOf(request, change.subject, { registry: () => registryOf(request), rules })
      const traceparent = traceparentOf(request)
      if (traces === undefined || traceparent === null) return audit.recorded({ ...change, subject }, work, note)
      const traced = async () => {
        const result = await work()
        const changed = (note?.(result) ?? [{}]).map((told) => told.subject ?? subject ?? '')
        const ids = changed.filter((id) => DOMAIN_ID.test(id))
        if (ids.length > 0) await traces.join(ids, traceparent)
        return result
      }
      return audit.recorded({ ...change, subject }, traced, note)
    },
    tell: (request, note, { actor, ...as } = { actor: principalOf(request), action: actionOf(request) }) =>
      audit.write({ ...changeOf(request, actor), ...as }, { ...note, outcome: 'done' }),
  }
}

/** A domain that the path names by its hostname is told by its id. */
async function idOf(
  { routeOptions }: FastifyRequest,
  subject: string | null,
  { registry, rules }: { registry: () => Registry; rules: RegistrationRules },
): Promise<string | null> {
  if (subject === null || routeOptions.url?.startsWith('/v1/domains/:') !== true) return subject
  try {
    return await domainIdOf(registry(), subject, rules)
  } catch (error) {
    // The handler says so, too, and its answer is kept under an Idempotency-Key.
    if (error instanceof Refusal && error.code === 'NOT_FOUND') return null
    throw error
  }
}

const LONGEST = 255

/** What is known of a change before it. Throws `INVALID` when the reason is not one. */
export function changeOf(request: FastifyRequest, actor: AuditActor): AuditedChange {
  const { kind, id, name, tenant } = actor
  return {
    actor: { kind, id, name, tenant },
    action: actionOf(request),
    subject: Object.values((request.params ?? {}) as Record<string, string>)[0]?.slice(0, LONGEST) ?? null,
    why: reasonIn(request),
    address: request.ip,
    userAgent: request.headers['user-agent']?.slice(0, LONGEST) ?? null,
    requestId: request.id,
  }
}

const VERBS: Record<string, string> = { POST: 'create', PUT: 'put', PATCH: 'change', DELETE: 'delete' }

/**
 * The words of the route's path, such as `domains.suspend`. The method says what is done where no word does: to a
 * collection, to one thing in it, and to what belongs to that thing unless it is a `POST`.
 */
function actionOf({ method, routeOptions }: FastifyRequest): string {
  const parts = (routeOptions.url ?? '').split(/\/|::/).filter((part) => part !== '' && part !== 'v1')
  const words = parts.filter((part) => !part.startsWith(':'))
  const isNamed = method === 'POST' && words.length > 1
  return [...words, ...(isNamed ? [] : [VERBS[method] ?? method.toLowerCase()])].join('.')
}

/** Header values are ASCII: what is not comes percent-encoded. */
function reasonIn({ headers }: FastifyRequest): string | null {
  const given = headers['x-reason']
  if (given === undefined || given === '') return null
  const reason = typeof given === 'string' ? decoded(given) : null
  if (reason !== null && /^\P{Cc}{1,500}$/u.test(reason)) return reason
  const message = 'Expected up to 500 characters, percent-encoded UTF-8, without controls.'
  throw invalid([{ path: 'X-Reason', code: 'INVALID', message }])
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null // Then it is no reason, which is the answer.
  }
}
