import { NoAnswerError, ProblemError } from './errors.ts'

/** How a call is tried again. */
export interface RetryOptions {
  /** Tries in all; 1 for none again. */
  attempts: number
  /** Before the second try; doubled with each, up to eight seconds, and spread. */
  baseMs: number
  /** A server that wants to be left alone for longer gets the error shown instead. */
  maxRetryAfterMs: number
}

export const RETRY: RetryOptions = { attempts: 4, baseMs: 250, maxRetryAfterMs: 60_000 }
const MAX_WAIT_MS = 8_000

/**
 * How long to wait before the next try, in milliseconds; null: not again.
 *
 * 429 was refused before anything was done: any call may be tried again. Of an answer that never came, or of 502 to 504,
 * nobody knows what was done: only calls that do no more the second time, which are reads, and POSTs with the
 * Idempotency-Key of the first try. Such a POST may find the first still running (409).
 */
export function waitBeforeRetry(
  error: unknown,
  { attempt, isRepeatable, retry }: { attempt: number; isRepeatable: boolean; retry: RetryOptions },
): number | null {
  if (attempt >= retry.attempts) return null
  const backoffMs = Math.min(MAX_WAIT_MS, retry.baseMs * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2)
  if (error instanceof NoAnswerError) return isRepeatable && isPassing(error) ? backoffMs : null
  if (!(error instanceof ProblemError)) return null
  const { status, code, retryAfterMs } = error
  const mayPass = status === 429 || (isRepeatable && (isGateway(status) || code === 'IDEMPOTENCY_IN_FLIGHT'))
  if (!mayPass || (retryAfterMs ?? 0) > retry.maxRetryAfterMs) return null
  return Math.max(retryAfterMs ?? 0, backoffMs)
}

const isGateway = (status: number): boolean => status >= 502 && status <= 504

/** Another program's answer stays what it is; that of a proxy that finds no server is not. */
const isPassing = ({ silence, status }: NoAnswerError): boolean =>
  silence !== 'not_mooring' || (status !== null && isGateway(status))

/** RFC 9110 §10.2.3: seconds, or a date. */
export function retryAfterOf(header: string | null): number | null {
  if (header === null) return null
  if (/^\d+$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now())
}
