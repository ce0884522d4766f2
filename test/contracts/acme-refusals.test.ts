import {
  CaProblem,
  HOUR,
  type Hostname,
  MINUTE,
  SECOND,
  after,
  checkIssued,
  isOutage,
  limitNamedBy,
  outcomeOf,
  systemClock,
} from '@mooring/core'
import { createLeafKeyAndCsr } from '@mooring/providers'
import { describe, expect, it } from 'vitest'
import { chainOf, place } from './issuer.contract.ts'
import { type Scripted, letsEncrypt } from './scripted-ca.ts'
import type { Mistake } from './scripted-ca/certificates.ts'
import { expectWithin, fromNow, issue, refused, useScriptedCa } from './use-scripted-ca.ts'

const hostname = 'shop.example.com' as Hostname
const { signal } = new AbortController()
const { keyPem, csrDer } = createLeafKeyAndCsr(hostname)
const { ca, newIssuer } = useScriptedCa({
  profiles: { shortlived: { description: 'Six days', lifetimeMs: 160 * HOUR } },
})
const told = { clock: systemClock, retryAt: null }

describe('the acme issuer and Let’s Encrypt’s limits', () => {
  it.each([
    ['new_orders', 36 * SECOND, letsEncrypt.tooManyNewOrders(36)],
    ['certificates_of_domain', 202 * MINUTE, letsEncrypt.tooManyCertificates('example.com', 202 * 60)],
    ['exact_set', 34 * HOUR, letsEncrypt.tooManyOfThisSet(34 * 3600)],
    ['failed_validations', 12 * MINUTE, letsEncrypt.tooManyFailures(hostname, 12 * 60)],
  ] satisfies [string, number, Scripted][])('knows %s by its words, and waits %i ms', async (bucket, ms, answer) => {
    ca().next('newOrder', answer)
    const refusal = await refused(place(newIssuer(), hostname))
    expect(limitNamedBy(refusal)).toBe(bucket)
    expect(isOutage(refusal)).toBe(false)
    const outcome = outcomeOf(refusal, told)
    expect(outcome).toMatchObject({ kind: 'wait', because: { code: 'CA_RATE_LIMITED', actor: 'ca' } })
    expectWithin(fromNow(outcome.kind === 'wait' ? outcome.until : null), ms - 3 * SECOND, ms)
  })

  it('takes a paused name to a person, with the page', async () => {
    const page = 'https://unpause.example.net/sfe/v1/unpause?jwt=ey.J-h.b_c'
    ca().next('newOrder', letsEncrypt.paused(hostname, page))
    const refusal = await refused(place(newIssuer(), hostname))
    expect(refusal).toMatchObject({ type: 'rateLimited', retryAt: null, unpauseUrl: page })
    expect(limitNamedBy(refusal)).toBeNull()
    expect(outcomeOf(refusal, told)).toMatchObject({
      kind: 'failed',
      because: { code: 'CA_PAUSED', actor: 'operator' },
    })
  })

  it('takes a busy CA for an outage and no limit, and comes back when it says', async () => {
    ca().next('newOrder', letsEncrypt.busy(90))
    const refusal = await refused(place(newIssuer(), hostname))
    expect(limitNamedBy(refusal)).toBeNull()
    expect(isOutage(refusal)).toBe(true)
    const outcome = outcomeOf(refusal, told)
    expect(outcome).toMatchObject({ kind: 'retry', because: { code: 'CA_UNAVAILABLE' } })
    expectWithin(fromNow(outcome.kind === 'retry' ? outcome.notBefore : null), 87 * SECOND, 90 * SECOND)
  })
})

describe('the acme issuer and what it orders', () => {
  it('has a certificate of the profile that it names, and no order of one that the CA does not know', async () => {
    await issue(newIssuer({ profile: 'shortlived' }), hostname)
    expect(ca().certificates[0]).toMatchObject({ profile: 'shortlived' })
    ca().always('directory', ({ body, ...usual }) => ({ ...usual, body: { ...(body as object), meta: {} } }))
    const refusal = await refused(place(newIssuer({ profile: 'vintage' }), hostname))
    expect(refusal).toMatchObject({ type: 'invalidProfile', status: 400 })
    expect(outcomeOf(refusal, told)).toMatchObject({ kind: 'failed', because: { code: 'CA_REJECTED' } })
  })

  it('replaces a certificate once, and orders without saying so the second time', async () => {
    const issuer = newIssuer()
    const replaces = await issue(issuer, hostname)
    const need = { hostname, challenge: 'http-01' as const, replaces }
    const order = await issuer.placeOrder(need, signal)
    expect(order.replaces).toBe(true)
    await issuer.validate({ ...order, challenge: 'http-01' }, signal)
    await chainOf(issuer, { order, csrDer })

    expect((await issuer.placeOrder(need, signal)).replaces).toBe(false)
    const [first, second, third] = ca().orders.map((one) => one.replaces)
    expect([first, third]).toEqual([null, null])
    expect(second).toBe(ca().certificates[0]?.id)
  })

  it('follows a window that the CA moves', async () => {
    const issuer = newIssuer()
    const chainPem = await issue(issuer, hostname)
    const usual = await issuer.renewalInfo(chainPem, signal)
    expectWithin(fromNow(usual?.window.start), 59 * 24 * HOUR, 61 * 24 * HOUR)
    const window = { start: new Date(Date.now() - HOUR), end: new Date(Date.now() + HOUR) }
    ca().suggest({ ...window, explanationUrl: 'https://ca.example.net/incident', retryAfterS: 3600 })
    const moved = await issuer.renewalInfo(chainPem, signal)
    expect(moved).toMatchObject({ window, explanationUrl: 'https://ca.example.net/incident' })
    expectWithin(fromNow(moved?.retryAt), HOUR - 3 * SECOND, HOUR)
  })
})

describe('the acme issuer at a CA that errs', () => {
  it.each([
    ['other_key', 'another key'],
    ['other_name', 'somebody.else.example'],
    ['expired', 'ended at'],
    ['chain_out_of_order', 'did not issue'],
    ['unrelated_issuer', 'did not issue'],
  ] satisfies [Mistake, string][])('stores no certificate with %s, and orders anew', async (mistake, complaint) => {
    const issuer = newIssuer()
    ca().errNext(mistake)
    const order = await place(issuer, hostname)
    await issuer.validate(order, signal)
    const chainPem = await chainOf(issuer, { order, csrDer })
    const refusal = checkIssued(chainPem, { hostname, keyPem, now: new Date() })
    expect(refusal).toMatchObject({ type: 'wrongCertificate', message: expect.stringContaining(complaint) })
    expect(outcomeOf(refusal as CaProblem, told)).toMatchObject({
      backTo: 'order_certificate',
      because: { code: 'CERT_MISMATCH' },
    })
  })

  it('waits minutes for a CA that is slow, without a second finalize', async () => {
    const issuer = newIssuer()
    const order = await place(issuer, hostname)
    await issuer.validate(order, signal)
    ca().processNext({ polls: 3, retryAfterS: 120 })
    for (let look = 0; look < 3; look++) {
      const finalized = await newIssuer().finalize(order, csrDer, signal)
      expect(finalized).toMatchObject({ status: 'processing' })
      const { retryAt } = finalized as { retryAt: Date }
      expectWithin(fromNow(retryAt), 117 * SECOND, 120 * SECOND)
    }
    const chainPem = await chainOf(newIssuer(), { order, csrDer })
    expect(checkIssued(chainPem, { hostname, keyPem, now: new Date() })).not.toBeInstanceOf(CaProblem)
    expect(ca().finalized).toHaveLength(1)
  })

  it('has one certificate though the connection was cut after each call had its effect', async () => {
    for (const route of ['challenge', 'finalize', 'certificate'] as const)
      ca().next(route, (usual) => ({ ...usual, cuts: true }))
    await issue(newIssuer(), hostname)
    expect(ca().certificates).toHaveLength(1)
  })

  it('goes on with its orders when the directory moved, and places the next one where it is now', async () => {
    let now = new Date()
    const issuer = newIssuer({ clock: { now: () => now } })
    const order = await place(issuer, hostname)
    ca().moveResources()
    expect(await issuer.validate(order, signal)).toEqual({ status: 'ready' })
    await chainOf(issuer, { order, csrDer })
    // Sooner, the directory that it has just read is believed.
    now = after(now, 2 * MINUTE)
    await issue(issuer, hostname)
    expect(ca().asked('directory')).toBe(2)
  })
})

describe('the acme issuer at a CA that refuses nine of ten nonces', () => {
  const difficult = useScriptedCa({ badNonces: 0.9 })

  it('issues all the same', async () => {
    await issue(difficult.newIssuer({ nonceRetries: 20 }), hostname)
    expect(difficult.ca().total()).toBeGreaterThan(40)
  })
})
