import { createHash } from 'node:crypto'
import { type AuditNote, ERRORS, type KeyCustody, type Registry, type StoredResponse } from '@mooring/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { describeProblem, invalid, Refusal } from './problem.ts'
import type { DuePublisher } from './publish-due.ts'
import type { RouteContext } from './routes/route.ts'

/** What a handler answers, and the domains that its commit made due. */
export interface Answer {
  status: number
  headers?: Record<string, string>
  body: unknown
  due?: string[]
  /** For the audit, see `ChangeRecorder`; by default the body's `id` is what was made. None where nothing was changed. */
  notes?: AuditNote[]
}

type Stores = DuePublisher & Pick<RouteContext, 'registryOf' | 'custody' | 'record'>

// Visible ASCII and inner spaces, as header values go (RFC 9110 §5.5).
const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/

/**
 * Runs `work` and sends its answer; with an `Idempotency-Key`, at most once per credential and key: the same request
 * gets the same answer, byte for byte, for 24 h. Refusals that `work` decided on are answers like any other; faults
 * (5xx) roll back and leave the key free, so that the caller may try again.
 */
export async function answerOnce(
  request: FastifyRequest,
  reply: FastifyReply,
  { registryOf, custody, publishDue, record }: Stores,
  work: (registry: Registry) => Promise<Answer>,
  { patienceMs }: { patienceMs?: number } = {},
): Promise<void> {
  const registry = registryOf(request)
  let due: string[] = []
  let notes: AuditNote[] = []
  const run = async (store: Registry): Promise<StoredResponse> => {
    const answer = await work(store)
    const { status, headers = {}, body } = answer
    due = answer.due ?? []
    notes = answer.notes ?? [madeBy(request, body)]
    return {
      status,
      headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
      body: JSON.stringify(body),
    }
  }

  // What commits in batches of its own told of itself before it began.
  const recorded: <T>(work: () => Promise<T>, note: (result: T) => AuditNote[]) => Promise<T> =
    patienceMs === undefined ? (changing, note) => record(request, changing, note) : (changing) => changing()

  const key = readKey(request)
  if (key === null) {
    const response = await recorded(
      () => run(registry),
      () => notes,
    )
    publishDue(due)
    send(reply, response)
    return
  }

  const seal = bodySeal(custody, key)
  const once = async (store: Registry): Promise<StoredResponse> => {
    const response = await run(store).catch((error: unknown) => refusalAsAnswer(error, request.id))
    return { ...response, body: seal.close(response.body) }
  }
  const patience = patienceMs === undefined ? {} : { patienceMs }
  const answer = await recorded(
    () => registry.idempotently(key, requestHash(request), once, patience),
    (given) => (given.kind === 'answered' && !given.replayed ? notes : []),
  )
  if (answer.kind === 'in_flight') {
    throw new Refusal(
      'IDEMPOTENCY_IN_FLIGHT',
      'The first request with this Idempotency-Key has not been answered yet.',
      {
        headers: { 'retry-after': '1' },
      },
    )
  }
  if (answer.kind === 'mismatch') {
    throw new Refusal('IDEMPOTENCY_MISMATCH', 'This Idempotency-Key came with another request before. Use a new one.')
  }
  publishDue(due)
  if (answer.replayed) reply.header('idempotency-replayed', 'true')
  send(reply, { ...answer.response, body: seal.open(answer.response.body) })
}

/** What was made has its id in the answer; what was there is named by the path. */
function madeBy({ params }: FastifyRequest, body: unknown): AuditNote {
  if (Object.keys(params ?? {}).length > 0 || typeof body !== 'object' || body === null || !('id' in body)) return {}
  return typeof body.id === 'string' ? { subject: body.id } : {}
}

function send(reply: FastifyReply, { status, headers, body }: StoredResponse): void {
  void reply.code(status).headers(headers).send(body)
}

/** The key within its credential, so that two callers may choose the same; null without one. */
function readKey(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key !== 'string' || !KEY.test(key)) {
    throw invalid([{ path: 'Idempotency-Key', code: 'INVALID', message: 'A key has 1 to 255 printable characters.' }])
  }
  return `${request.credential}:${key}`
}

function requestHash({ method, url, body }: FastifyRequest): string {
  return createHash('sha256')
    .update(`${method} ${url}\n${canonicalJson(body)}`)
    .digest('hex')
}

/** The order of an object's fields means nothing; RFC 8785 in spirit. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

// Only what a handler decided: an adapter's refusal may have left the transaction unfit to commit.
function refusalAsAnswer(error: unknown, requestId: string): StoredResponse {
  if (!(error instanceof Refusal) || ERRORS[error.code].status >= 500) throw error
  const { problem, headers } = describeProblem(error, requestId)
  return { status: problem.status, headers, body: JSON.stringify(problem) }
}

/** Answers may hold a secret (an edge's token), so they are stored sealed, bound to their key. */
function bodySeal(custody: KeyCustody, key: string) {
  const binding = { ownerId: 'idempotency', secretId: key }
  return {
    close: (body: unknown) => custody.seal(String(body), binding),
    open: (sealed: unknown) => custody.open(sealed as ReturnType<KeyCustody['seal']>, binding),
  }
}
