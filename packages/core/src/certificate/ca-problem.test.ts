import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE, after } from '../clock.ts'
import { CaProblem, outcomeOf } from './ca-problem.ts'

const now = new Date('2026-11-21T00:00:00Z')
const clock = { now: () => now }
const retryAt = after(now, 7 * MINUTE)

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
    ['orderInvalid', 404, 'retry', 'CA_REJECTED'],
    ['wrongCertificate', 0, 'retry', 'CERT_MISMATCH'],
  ])('%s with status %i comes to %s with %s', (type, status, kind, code) => {
    const outcome = outcomeOf(new CaProblem(type, 'detail', { status, retryAt }), clock, 1)
    expect(outcome).toMatchObject({ kind, because: { code } })
  })

  it('waits as long as the CA asks, and an hour when it names no time', () => {
    const limited = (at: Date | null) =>
      outcomeOf(new CaProblem('rateLimited', 'slow down', { status: 429, retryAt: at }), clock, 1)
    expect(limited(retryAt)).toMatchObject({ until: retryAt })
    expect(limited(null)).toMatchObject({ until: after(now, HOUR) })
  })

  it('gives up an order that can no longer succeed', () => {
    for (const type of ['connection', 'caa', 'orderInvalid', 'orderNotReady', 'wrongCertificate']) {
      expect(outcomeOf(new CaProblem(type, 'detail'), clock, 1)).toMatchObject({ backTo: 'order_certificate' })
    }
    expect(outcomeOf(new CaProblem('unreachable', 'detail'), clock, 1)).toMatchObject({ kind: 'retry', backTo: null })
  })

  it('fails for a pause, and says where somebody ends it', () => {
    const unpauseUrl = 'https://unpause.example/sfe/v1/unpause?jwt=x'
    const outcome = outcomeOf(new CaProblem('rateLimited', 'paused', { status: 429, unpauseUrl }), clock, 1)
    expect(outcome).toMatchObject({
      kind: 'failed',
      because: { code: 'CA_PAUSED', message: expect.stringContaining(unpauseUrl) },
    })
  })

  it('does not put the issuer’s own words into the CA’s mouth', () => {
    const outcome = outcomeOf(new CaProblem('noUsableChallenge', 'Wildcards need DNS-01.'), clock, 1)
    expect(outcome).toMatchObject({ because: { message: 'Wildcards need DNS-01.' } })
  })

  it('tells every subproblem with its name, and nothing twice', () => {
    const subproblems = [
      { type: 'dns', detail: 'no address', identifier: 'a.example.com' },
      { type: 'dns', detail: 'said once', identifier: 'b.example.com' },
    ]
    const outcome = outcomeOf(new CaProblem('dns', 'said once', { subproblems }), clock, 1)
    expect(outcome).toMatchObject({
      because: { message: 'The certificate authority said "said once" (dns). a.example.com: no address' },
    })
  })
})
