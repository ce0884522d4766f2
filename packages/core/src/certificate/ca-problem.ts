import { type Reason, reason } from '../reasons.ts'
import { type Outcome, failed, retry, retryWithNewOrder, wait } from '../lifecycle/outcome.ts'
import { type Clock, DAY, HOUR, MINUTE, after } from '../clock.ts'

/**
 * Whatever a certificate authority refuses or fails to do, typed (RFC 8555 §6.7, RFC 9457).
 *
 * `type` is the last part of `urn:ietf:params:acme:error:…`, or one of ours for what has no document:
 * `unreachable` (no answer within the deadline), `unexpectedAnswer` (not what the RFC allows), `orderInvalid` (the order
 * is lost for a reason that has no type), `unauthorizedAccount` (the account may not order), `noUsableChallenge` (the
 * name would have to be proved in a way that the issuer cannot), `wrongCertificate`.
 */
export class CaProblem extends Error {
  override readonly name = 'CaProblem'
  readonly type: string
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  /** Earliest moment to come back, from Retry-After. */
  readonly retryAt: Date | null
  readonly subproblems: { type: string; detail: string; identifier: string | null }[]
  /** The CA stopped serving this name until somebody unpauses it (a 429 that names an unpause URL). */
  readonly unpauseUrl: string | null

  constructor(
    type: string,
    detail: string,
    facts: Partial<Pick<CaProblem, 'status' | 'retryAt' | 'subproblems' | 'unpauseUrl'>> & { cause?: unknown } = {},
  ) {
    super(detail, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.type = type
    this.status = facts.status ?? 0
    this.retryAt = facts.retryAt ?? null
    this.subproblems = facts.subproblems ?? []
    this.unpauseUrl = facts.unpauseUrl ?? null
  }
}

/** Failed validations are dear (5 per name and hour at Let's Encrypt): at most three in the first hour, then daily. */
const AFTER_FAILED_VALIDATION_MS = [1 * MINUTE, 10 * MINUTE, 100 * MINUTE]

/** The one table from a CA's problem to what the machine does about it; `attempt` counts from 1. */
export function outcomeOf(problem: CaProblem, clock: Clock, attempt: number): Outcome {
  const afterFailedValidation = after(clock.now(), AFTER_FAILED_VALIDATION_MS[Math.max(1, attempt) - 1] ?? DAY)
  const because = (code: Parameters<typeof reason>[0]): Reason => reason(code, sentence(problem))
  if (problem.unpauseUrl !== null) return failed(because('CA_PAUSED'), 'order_certificate')
  // "Service busy": the CA sheds load, which passes sooner than a bucket refills, though Boulder gives both one type.
  if (problem.status === 503) return retry(because('CA_UNAVAILABLE'), problem.retryAt)
  switch (problem.type) {
    case 'rateLimited':
      return wait(problem.retryAt ?? after(clock.now(), HOUR), because('CA_RATE_LIMITED'))
    case 'rejectedIdentifier':
    case 'unsupportedIdentifier':
    case 'noUsableChallenge':
    case 'externalAccountRequired':
    case 'userActionRequired':
    case 'unauthorizedAccount':
    case 'invalidContact':
    case 'unsupportedContact':
    case 'badPublicKey':
    case 'badSignatureAlgorithm':
      return failed(because('CA_REJECTED'), 'order_certificate')
    case 'caa':
      return retryWithNewOrder(because('CAA_FORBIDS'), afterFailedValidation)
    case 'connection':
    case 'dns':
    case 'incorrectResponse':
    case 'tls':
    case 'unauthorized':
    case 'dnssec':
      return retryWithNewOrder(because('CA_VALIDATION_FAILED'), afterFailedValidation)
    case 'orderNotReady':
    case 'badCSR':
    case 'malformed':
    case 'orderInvalid':
      return retryWithNewOrder(because('CA_REJECTED'), problem.retryAt)
    case 'wrongCertificate':
      return retryWithNewOrder(because('CERT_MISMATCH'), problem.retryAt)
    default:
      return retry(because('CA_UNAVAILABLE'), problem.retryAt)
  }
}

function sentence(problem: CaProblem): string {
  if (problem.type === 'noUsableChallenge') return problem.message // Said by the issuer itself, not by the CA.
  // With a single name, CAs often say the same in the problem and in its only subproblem.
  const parts = problem.subproblems
    .filter((sub) => sub.detail !== problem.message)
    .map((sub) => (sub.identifier === null ? sub.detail : `${sub.identifier}: ${sub.detail}`))
  const unpause = problem.unpauseUrl === null ? [] : [`Unpause it at ${problem.unpauseUrl}, then retry.`]
  return [`The certificate authority said "${problem.message}" (${problem.type}).`, ...parts, ...unpause].join(' ')
}
