import type { Scripted } from './script.ts'

/** A problem document of ACME (RFC 8555 §6.7). */
export const problem = (
  type: string,
  detail: string,
  status: number,
  headers: Record<string, string> = {},
): Scripted => ({
  status,
  type: 'application/problem+json',
  headers,
  body: { type: `urn:ietf:params:acme:error:${type}`, detail, status },
})

/** Thrown where a request is checked; the server answers it. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly answer: Scripted

  constructor(...facts: Parameters<typeof problem>) {
    super(facts[1])
    this.answer = problem(...facts)
  }
}

const DOCS = 'https://letsencrypt.org/docs/rate-limits/'

const limited = (words: string, { retryAfterS, anchor }: { retryAfterS: number; anchor: string }): Scripted => {
  const at = new Date(Date.now() + retryAfterS * 1000).toISOString().replace('T', ' ').slice(0, 19)
  const detail = `${words}, retry after ${at} UTC: see ${DOCS}#${anchor}`
  return problem('rateLimited', detail, 429, { 'retry-after': String(retryAfterS), link: `<${DOCS}>;rel="help"` })
}

/** Let's Encrypt's refusals in its own words (boulder, ratelimits/transaction.go and wfe2/wfe.go). */
export const letsEncrypt = {
  tooManyNewOrders: (retryAfterS: number): Scripted =>
    limited('too many new orders (300) from this account in the last 3h0m0s', {
      retryAfterS,
      anchor: 'new-orders-per-account',
    }),
  tooManyCertificates: (registeredDomain: string, retryAfterS: number): Scripted =>
    limited(`too many certificates (50) already issued for "${registeredDomain}" in the last 168h0m0s`, {
      retryAfterS,
      anchor: 'new-certificates-per-registered-domain',
    }),
  tooManyOfThisSet: (retryAfterS: number): Scripted =>
    limited('too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s', {
      retryAfterS,
      anchor: 'new-certificates-per-exact-set-of-identifiers',
    }),
  tooManyFailures: (hostname: string, retryAfterS: number): Scripted =>
    limited(`too many failed authorizations (5) for "${hostname}" in the last 1h0m0s`, {
      retryAfterS,
      anchor: 'authorization-failures-per-identifier-per-account',
    }),
  /** No Retry-After: a person has to visit the page. */
  paused: (hostname: string, unpauseUrl: string): Scripted =>
    problem(
      'rateLimited',
      `Your account is temporarily prevented from requesting certificates for ${hostname} and possibly others. Please ` +
        `visit: ${unpauseUrl}`,
      429,
    ),
  busy: (retryAfterS: number): Scripted =>
    problem('rateLimited', 'Service busy; retry later.', 503, { 'retry-after': String(retryAfterS) }),
}
