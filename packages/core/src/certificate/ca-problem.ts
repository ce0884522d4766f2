import { type Reason, reason } from '../reasons.ts'
import { type Outcome, failed, retry, retryWithNewOrder, wait } from '../lifecycle/outcome.ts'
import { type Clock, MINUTE, after } from '../clock.ts'
import { type BucketName, UNTOLD_WAIT_MS } from './limits.ts'

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

/** What a CA may find wrong when it looks at the name (RFC 8555 §6.7); these tell the customer something. */
const VALIDATION_ERRORS: readonly string[] = [
  'caa',
  'connection',
  'dns',
  'dnssec',
  'incorrectResponse',
  'tls',
  'unauthorized',
]

/**
 * One name has one reason. `compound` only says that the subproblems tell it (RFC 8555 §6.7.1), and an order of ours has
 * a single name.
 */
const typeOf = ({ type, subproblems }: CaProblem): string =>
  type === 'compound' ? (subproblems[0]?.type ?? type) : type

/** Whether the CA looked at the name and did not find what it wanted: that counts against the name, there and here. */
export const isFailedValidation = (problem: CaProblem): boolean => VALIDATION_ERRORS.includes(typeOf(problem))

/** Whether the authority is at fault and not the name: somebody else's order would have failed as well. */
export const isOutage = (problem: CaProblem): boolean =>
  problem.status >= 500 || ['unreachable', 'unexpectedAnswer', 'serverInternal', 'badNonce'].includes(typeOf(problem))

/** Boulder's words for its limits (https://letsencrypt.org/docs/rate-limits/), which no field of the answer repeats. */
const LIMIT_WORDS: [RegExp, BucketName][] = [
  [/too many new orders/i, 'new_orders'],
  // Before the next: both begin alike.
  [/too many certificates .*exact set of (identifiers|domains)/i, 'exact_set'],
  [/too many certificates .*already issued for/i, 'certificates_of_domain'],
  [/too many failed authorizations/i, 'failed_validations'],
]

/** The limit that a refusal is about; null when it is no such refusal, or does not say which. */
export function limitNamedBy({ type, status, message }: CaProblem): BucketName | null {
  if (type !== 'rateLimited' || status >= 500) return null
  return LIMIT_WORDS.find(([words]) => words.test(message))?.[1] ?? null
}

/** When a name is tried again after a failed validation of which nobody keeps count. */
const UNCOUNTED_FAILURE_MS = 1 * MINUTE

/**
 * The one table from a CA's problem to what the machine does about it. `retryAt` is when the name may be ordered again
 * after a failed validation; null when nobody counts them.
 */
export function outcomeOf(problem: CaProblem, { clock, retryAt }: { clock: Clock; retryAt: Date | null }): Outcome {
  const afterFailedValidation = retryAt ?? after(clock.now(), UNCOUNTED_FAILURE_MS)
  const because = (code: Parameters<typeof reason>[0]): Reason => reason(code, sentence(problem))
  if (problem.unpauseUrl !== null) return failed(because('CA_PAUSED'), 'order_certificate')
  // "Service busy": the CA sheds load, which passes sooner than a bucket refills, though Boulder gives both one type.
  if (problem.status === 503) return retry(because('CA_UNAVAILABLE'), problem.retryAt)
  if (isFailedValidation(problem)) {
    const code = typeOf(problem) === 'caa' ? 'CAA_FORBIDS' : 'CA_VALIDATION_FAILED'
    return retryWithNewOrder(because(code), afterFailedValidation)
  }
  switch (typeOf(problem)) {
    case 'rateLimited':
      return wait(problem.retryAt ?? after(clock.now(), UNTOLD_WAIT_MS), because('CA_RATE_LIMITED'))
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
    case 'invalidProfile':
      return failed(because('CA_REJECTED'), 'order_certificate')
    case 'orderNotReady':
    case 'alreadyReplaced':
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
