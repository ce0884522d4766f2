import {
  type BulkAction,
  type BulkAnswer,
  type BulkOptions,
  DEAD_LETTER_ACTIONS,
  type DeadLetterAction,
  type DeadLettersTaken,
  SECOND,
} from '@mooring/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { bulkAnswerSchema, bulkDomainsSchema, bulkJobsSchema } from '../bulk-schemas.ts'
import { createConcurrencyLimit } from '../concurrency-limit.ts'
import { type Answer, answerOnce } from '../idempotency.ts'
import { invalid } from '../problem.ts'
import { domainFilterOf, problems } from '../schemas.ts'
import type { App, RouteContext } from './route.ts'

/** Some seconds of work. Whoever wants more says it again: what is done matches no more. */
const MOST = 20_000
/** Each holds two connections: one for its Idempotency-Key, one for its batches. */
const AT_ONCE = 2
const RETRY_AFTER_SECONDS = 5
/** The key's transaction is idle while the batches are under way. */
const PATIENCE_MS = 120 * SECOND

/**
 * The same for everything that a filter matches. It is on record, once and before it begins, with the filter and how many
 * match: it is done in many transactions, of which a process that dies has committed some. What came of each domain is told by
 * that domain's events. A dry run leaves no row.
 */
export function bulkRoutes(app: App, context: RouteContext): void {
  const { operations, publishDue, tell } = context
  const limit = createConcurrencyLimit(AT_ONCE, RETRY_AFTER_SECONDS)
  const description = `At most ${MOST.toLocaleString('en')} at once; more is refused as a whole. Each is judged by the rules of the single action.`

  app.post(
    // Two colons are one in the path; one would begin a parameter.
    '/v1/jobs::bulk',
    {
      schema: {
        summary: 'Act on all jobs that match',
        description,
        tags: ['ops'],
        body: bulkJobsSchema,
        response: { 200: bulkAnswerSchema, ...problems(400, 409, 413, 415, 422, 429) },
      },
    },
    (request, reply) => {
      const { action, filter } = request.body
      return actOnce(request, reply, async (options) =>
        isOfLetters(action)
          ? operations.takeDeadLetters(filter, action, options)
          : { answer: await operations.actOnAll({ jobs: filter }, action, options), domainIds: [] },
      )
    },
  )

  app.post(
    '/v1/domains::bulk-actions',
    {
      schema: {
        summary: 'Act on all domains that match',
        description,
        tags: ['domains'],
        body: bulkDomainsSchema,
        response: { 200: bulkAnswerSchema, ...problems(400, 409, 413, 415, 422, 429) },
      },
    },
    (request, reply) => {
      const { action, filter } = request.body
      return actOnce(request, reply, async (options) => {
        const answer = await operations.actOnAll({ domains: domainFilterOf(filter) }, action, options)
        return { answer, domainIds: [] }
      })
    },
  )

  /** Counts what matches, notes it in the audit, and does it; a dry run ends with the count. */
  function actOnce(
    request: FastifyRequest<{ Body: z.output<typeof bulkJobsSchema | typeof bulkDomainsSchema> }>,
    reply: FastifyReply,
    act: (options: BulkOptions) => Promise<DeadLettersTaken>,
  ): Promise<void> {
    const { action, filter, dry_run: dryRun } = request.body
    const work = async (): Promise<Answer> => {
      const foreseen = countsOf((await act({ dryRun: true, most: MOST })).answer)
      if (dryRun) return { status: 200, body: foreseen }
      await tell(request, { after: { action, filter, matched: foreseen.matched } })
      const { answer, domainIds } = await act({ dryRun: false, most: MOST })
      publishDue(domainIds)
      return { status: 200, body: countsOf(answer) }
    }
    return limit('', () => answerOnce(request, reply, context, work, { patienceMs: PATIENCE_MS }))
  }
}

const isOfLetters = (action: BulkAction | DeadLetterAction): action is DeadLetterAction =>
  DEAD_LETTER_ACTIONS.some((one) => one === action)

/** Throws `INVALID` when more match than are taken at once. */
function countsOf(answer: BulkAnswer): z.output<typeof bulkAnswerSchema> {
  if (answer.kind === 'done') {
    const { matched, applied, skipped } = answer
    return { matched, applied, skipped }
  }
  const message = `More than ${MOST.toLocaleString('en')} match. Narrow the filter, such as by tenant.`
  throw invalid([{ path: 'filter', code: 'TOO_MANY_MATCHES', message }])
}
