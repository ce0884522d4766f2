import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE, after } from '../clock.ts'
import { CaProblem, isFailedValidation, isOutage, limitNamedBy, outcomeOf } from './ca-problem.ts'

const now = new Date('2026-11-21T00:00:00Z')
const clock = { now: () => now }
const retryAt = after(now, 7 * MINUTE)
/** Nobody said when the name may be ordered again. */
const untold = { clock, retryAt: null }

describe('outcomeOf', () => {
  it.each([
    ['rateLimited', 429, 'wait', 'CA_RATE_LIMITED'],
    ['rateLimited', 503, 'retry', 'CA_UNAVAILABLE'],
    ['serverInternal', 500, 'retry', 'CA_UNAVAILABLE'],
    ['unreachable', 0, 'retry', 'CA_UNAVAILABLE'],
    ['unexpectedAnswer', 200, 'retry', 'CA_UNAVAILABLE'],
    ['rejectedIdentifier', 400, 'failed', 'CA_REJECTED'],
    ['noUsableChallenge', 0, 'failed', 'CA_REJECTED'],
    ['unauthorizedAccount', 403, 'failed', 'CA_REJECTED'],
    ['externalAccountRequired', 403, 'failed', 'CA_REJECTED'],
    ['invalidContact', 400, 'failed', 'CA_REJECTED'],
    ['caa', 403, 'retry', 'CAA_FORBIDS'],
    ['connection', 400, 'retry', 'CA_VALIDATION_FAILED'],
    ['dns', 400, 'retry', 'CA_VALIDATION_FAILED'],
    ['unauthorized', 403, 'retry', 'CA_VALIDATION_FAILED'],
    ['invalidProfile', 400, 'failed', 'CA_REJECTED'],
    ['orderInvalid', 404, 'retry', 'CA_REJECTED'],
    ['alreadyReplaced', 409, 'retry', 'CA_REJECTED'],
    ['wrongCertificate', 0, 'retry', 'CERT_MISMATCH'],
  ])('%s with status %i comes to %s with %s', (type, status, kind, code) => {
    const outcome = outcomeOf(new CaProblem(type, 'detail', { status, retryAt }), untold)
    expect(outcome).toMatchObject({ kind, because: { code } })
  })

  it('waits as long as the CA asks, and an hour when it names no time', () => {
    const limited = (at: Date | null) =>
      outcomeOf(new CaProblem('rateLimited', 'slow down', { status: 429, retryAt: at }), untold)
    expect(limited(retryAt)).toMatchObject({ until: retryAt })
    expect(limited(null)).toMatchObject({ until: after(now, HOUR) })
  })

  it('orders a name again after a failed validation when the ledger says, and in a minute when there is none', () => {
    const connection = new CaProblem('connection', 'nobody there', { retryAt: after(now, HOUR) })
    expect(outcomeOf(connection, { clock, retryAt })).toMatchObject({ kind: 'retry', notBefore: retryAt })
    expect(outcomeOf(connection, untold)).toMatchObject({ kind: 'retry', notBefore: after(now, MINUTE) })
    expect(outcomeOf(new CaProblem('orderInvalid', 'lost'), { clock, retryAt })).toMatchObject({ notBefore: null })
  })

  it('gives up an order that can no longer succeed', () => {
    for (const type of ['connection', 'caa', 'orderInvalid', 'orderNotReady', 'wrongCertificate']) {
      expect(outcomeOf(new CaProblem(type, 'detail'), untold)).toMatchObject({ backTo: 'order_certificate' })
    }
    expect(outcomeOf(new CaProblem('unreachable', 'detail'), untold)).toMatchObject({ kind: 'retry', backTo: null })
  })

  it('fails for a pause, and says where somebody ends it', () => {
    const unpauseUrl = 'https://unpause.example/sfe/v1/unpause?jwt=x'
    const outcome = outcomeOf(new CaProblem('rateLimited', 'paused', { status: 429, unpauseUrl }), untold)
    expect(outcome).toMatchObject({
      kind: 'failed',
      because: { code: 'CA_PAUSED', message: expect.stringContaining(unpauseUrl) },
    })
  })

  it('does not put the issuer’s own words into the CA’s mouth', () => {
    const outcome = outcomeOf(new CaProblem('noUsableChallenge', 'Wildcards need DNS-01.'), untold)
    expect(outcome).toMatchObject({ because: { message: 'Wildcards need DNS-01.' } })
  })

  it('tells every subproblem with its name, and nothing twice', () => {
    const subproblems = [
      { type: 'dns', detail: 'no address', identifier: 'a.example.com' },
      { type: 'dns', detail: 'said once', identifier: 'b.example.com' },
    ]
    const outcome = outcomeOf(new CaProblem('dns', 'said once', { subproblems }), untold)
    expect(outcome).toMatchObject({
      because: { message: 'The certificate authority said "said once" (dns). a.example.com: no address' },
    })
  })
})

describe('a compound problem', () => {
  it('is what its only name’s problem is', () => {
    const subproblems = [{ type: 'caa', detail: 'forbidden', identifier: 'a.example.com' }]
    const compound = new CaProblem('compound', 'see below', { status: 403, subproblems })
    expect(outcomeOf(compound, untold)).toMatchObject({ kind: 'retry', because: { code: 'CAA_FORBIDS' } })
    expect(isFailedValidation(compound)).toBe(true)
    expect(isFailedValidation(new CaProblem('compound', 'says nothing'))).toBe(false)
  })
})

describe('limitNamedBy', () => {
  const said = (words: string, status = 429) => limitNamedBy(new CaProblem('rateLimited', words, { status }))
  const until = 'retry after 2026-11-22 10:00:00 UTC: see https://letsencrypt.org/docs/rate-limits/'

  it.each([
    [`too many new orders (300) from this account in the last 3h0m0s, ${until}`, 'new_orders'],
    [
      `too many certificates (50) already issued for "example.com" in the last 168h0m0s, ${until}`,
      'certificates_of_domain',
    ],
    [
      `too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s, ${until}`,
      'exact_set',
    ],
    [`too many failed authorizations (5) for "x.example.com" in the last 1h0m0s, ${until}`, 'failed_validations'],
  ])('reads %s', (words, bucket) => expect(said(words)).toBe(bucket))

  it('says nothing about what names no limit of a name or an account', () => {
    expect(said('Service busy; retry later.', 503)).toBeNull()
    expect(said('too many new registrations (10) from this ip address in the last 3h0m0s')).toBeNull()
    expect(limitNamedBy(new CaProblem('malformed', 'too many new orders', { status: 400 }))).toBeNull()
  })
})

describe('isOutage', () => {
  it.each([
    ['unreachable', 0, true],
    ['serverInternal', 500, true],
    ['rateLimited', 503, true],
    ['unexpectedAnswer', 502, true],
    ['unexpectedAnswer', 200, true],
    ['badNonce', 400, true],
    ['rateLimited', 429, false],
    ['connection', 400, false],
    ['unauthorized', 403, false],
    ['rejectedIdentifier', 400, false],
    ['wrongCertificate', 0, false],
    ['noUsableChallenge', 0, false],
  ])('of %s with status %i is %s', (type, status, expected) => {
    expect(isOutage(new CaProblem(type, 'detail', { status }))).toBe(expected)
  })
})
