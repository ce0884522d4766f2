import { describe, expect, it } from 'vitest'
import { certbotProblem } from './certbot-problem.ts'

const now = new Date('2026-08-01T12:00:00Z')

/** A record of certbot's log as acme.client writes it: stamp, level and module, and the answer word for word. */
function answer(status: number, body: unknown, headers: Record<string, string> = {}): string {
  const fields = Object.entries({ 'Content-Type': 'application/json', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  const text = JSON.stringify(body, null, 2)
  return `2026-08-01 11:59:58,123:DEBUG:acme.client:Received response:\nHTTP ${status}\n${fields.join('\n')}\n\n${text}\n`
}

const refusal = (status: number, type: string, detail: string, headers: Record<string, string> = {}) =>
  answer(
    status,
    { type: `urn:ietf:params:acme:error:${type}`, detail, status },
    { 'Content-Type': 'application/problem+json', ...headers },
  )

const trace =
  '2026-08-01 11:59:59,001:DEBUG:certbot._internal.log:Exiting abnormally:\nTraceback (most recent call last):\n'
const output =
  'Saving debug log to /x/letsencrypt.log\nAn unexpected error occurred:\nThe words.\nAsk for help or search.\n'

describe('certbotProblem', () => {
  it('takes type, words and Retry-After from the CA’s last refusal', () => {
    const log =
      refusal(400, 'badNonce', 'again') + refusal(429, 'rateLimited', 'too many', { 'Retry-After': '3600' }) + trace
    expect(certbotProblem({ log, output }, now)).toMatchObject({
      type: 'rateLimited',
      message: 'too many',
      status: 429,
      retryAt: new Date('2026-08-01T13:00:00Z'),
      unpauseUrl: null,
    })
  })

  it('shows where a paused name is unpaused', () => {
    const log = refusal(429, 'rateLimited', 'paused; visit https://ca.example/sfe/v1/unpause?jwt=a.b.c to unpause')
    expect(certbotProblem({ log, output }, now).unpauseUrl).toBe('https://ca.example/sfe/v1/unpause?jwt=a.b.c')
  })

  it('says why the CA found a challenge wrong, and for which name', () => {
    const error = { type: 'urn:ietf:params:acme:error:connection', detail: '192.0.2.1: refused', status: 400 }
    const challenge = { type: 'http-01', url: 'https://ca.example/c/1', status: 'invalid', token: 'tok', error }
    const identifier = { type: 'dns', value: 'shop.example.com' }
    const log = answer(200, { status: 'invalid', identifier, challenges: [challenge] }) + trace
    expect(certbotProblem({ log, output }, now)).toMatchObject({
      type: 'connection',
      message: '192.0.2.1: refused',
      subproblems: [{ type: 'connection', detail: '192.0.2.1: refused', identifier: 'shop.example.com' }],
    })
  })

  it('says why the order was lost after it was finalized', () => {
    const error = { type: 'urn:ietf:params:acme:error:serverInternal', detail: 'no signer' }
    expect(certbotProblem({ log: answer(200, { status: 'invalid', error }), output }, now)).toMatchObject({
      type: 'orderInvalid',
      message: 'no signer',
    })
  })

  it('does not take a refused account for the customer’s name', () => {
    const log = refusal(403, 'unauthorized', 'the account is deactivated')
    expect(certbotProblem({ log, output }, now).type).toBe('unauthorizedAccount')
  })

  it('tells a CA that cannot be reached from one that certbot does not understand, in certbot’s words', () => {
    expect(certbotProblem({ log: trace, output }, now)).toMatchObject({
      type: 'unreachable',
      message: 'certbot got no answer: The words.',
    })
    expect(certbotProblem({ log: answer(200, {}), output }, now)).toMatchObject({
      type: 'unexpectedAnswer',
      message: 'certbot gave up: The words.',
    })
  })

  it('takes nothing for an answer that is none, however the log looks', () => {
    for (const log of ['', 'Received response:', 'Received response:\nHTTP 500\n', answer(500, {}).slice(0, -40)]) {
      expect(certbotProblem({ log, output: '' }, now).message).toMatch(/./)
    }
  })
})
