import { CaProblem, DAY, after } from '@mooring/core'
import { z } from 'zod'
import { retryAfterMs } from '../retry-after.ts'
import type { Answer } from './transport.ts'

const URN = 'urn:ietf:params:acme:error:'
const MAX_DETAIL = 1000
/** Let's Encrypt's longest bucket is seven days; a CA that asks for more is asked again then. */
const MAX_RETRY_AFTER_MS = 7 * DAY

/** A problem document (RFC 9457) with ACME's subproblems (RFC 8555 §6.7.1); what is missing or odd becomes empty. */
export const problemSchema = z.object({
  type: z.string().catch(''),
  detail: z.string().catch(''),
  subproblems: z
    .array(
      z.object({
        type: z.string().catch(''),
        detail: z.string().catch(''),
        identifier: z.object({ value: z.string() }).nullish().catch(null),
      }),
    )
    .max(100)
    .catch([]),
})

export type ProblemDocument = z.infer<typeof problemSchema>

/** The problem in an answer of status 300 and above. */
export function problemOf(answer: Answer, now: Date): CaProblem {
  const document = isProblem(answer) ? problemSchema.safeParse(parseJson(answer.body)) : null
  const facts = { status: answer.status, retryAt: retryAtOf(answer, now) }
  if (!document?.success) return withoutType(answer.status, 'no problem document', facts)

  const { type, detail } = document.data
  // A proxy in front of the CA may refuse in problem documents of its own.
  if (!type.startsWith(URN)) return withoutType(answer.status, plain(detail), facts)
  return toCaProblem(document.data, {
    ...facts,
    // A pause is a rate limit that no waiting ends: there is no Retry-After, but a page where somebody unpauses.
    unpauseUrl: answer.status === 429 && facts.retryAt === null ? unpauseUrlIn(detail) : null,
  })
}

type Facts = Partial<Pick<CaProblem, 'status' | 'retryAt' | 'unpauseUrl'>>

/** Typed, from a document alone: the `error` of a challenge or an order. */
export function toCaProblem({ type, detail, subproblems }: ProblemDocument, facts: Facts = {}): CaProblem {
  return new CaProblem(shortType(type), plain(detail) || 'no detail given', {
    ...facts,
    subproblems: subproblems.map((sub) => ({
      type: shortType(sub.type),
      detail: plain(sub.detail),
      identifier: sub.identifier === null || sub.identifier === undefined ? null : plain(sub.identifier.value),
    })),
  })
}

const withoutType = (status: number, detail: string, facts: Facts): CaProblem =>
  new CaProblem(status === 429 ? 'rateLimited' : 'unexpectedAnswer', `HTTP status ${status}: ${detail}`, facts)

const isProblem = (answer: Answer): boolean =>
  /^application\/problem\+json\s*(;|$)/i.test(answer.header('content-type') ?? '')

export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined // No schema takes undefined: the caller reports what it expected.
  }
}

const shortType = (type: string): string => (type.startsWith(URN) ? plain(type.slice(URN.length)) : 'unexpectedAnswer')

/** What a CA wrote ends in logs, on pages and in messages: one line of bounded length. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, MAX_DETAIL)

const unpauseUrlIn = (detail: string): string | null =>
  /https:\/\/[^\s"'<>]*unpause[^\s"'<>]*/i.exec(detail)?.[0].replace(/[.,;)]+$/, '') ?? null

/**
 * The earliest moment to come back, by our clock. A date is taken as a distance from the answer's own Date, because the
 * two clocks may differ.
 */
export function retryAtOf(answer: Pick<Answer, 'header'>, now: Date): Date | null {
  const theirs = Date.parse(answer.header('date') ?? '')
  const ms = retryAfterMs(answer.header('retry-after') ?? undefined, Number.isNaN(theirs) ? now : new Date(theirs))
  return ms === null ? null : after(now, Math.min(ms, MAX_RETRY_AFTER_MS))
}
