import { HOUR, type Hostname, MINUTE, SECOND } from '@mooring/core'
import { createLeafKeyAndCsr } from '@mooring/providers'
import { describe, expect, it } from 'vitest'
import { type Script, type Scripted, problem } from './scripted-ca.ts'
import { expectWithin, fromNow, issue, refused, useScriptedCa, withBody } from './use-scripted-ca.ts'

const hostname = 'shop.example.com' as Hostname
const { signal } = new AbortController()
const { ca, newIssuer } = useScriptedCa()

/** An issuer with a certificate. */
async function issued() {
  const issuer = newIssuer()
  return { issuer, chainPem: await issue(issuer, hostname) }
}

describe('the acme issuer and when the CA suggests to renew', () => {
  const suggestedWindow = { start: '2026-09-01T00:00:00Z', end: '2026-09-03T12:00:00+02:00' }
  const info = (members: Record<string, unknown> = {}, headers: Record<string, string> = {}): Scripted => ({
    headers,
    body: { suggestedWindow, ...members },
  })

  it('asks for the certificate by its name, without a signature, and reads window and page', async () => {
    const { issuer, chainPem } = await issued()
    const window = { start: new Date('2026-09-01T00:00:00Z'), end: new Date('2026-09-03T00:00:00Z') }
    const explanationUrl = 'https://ca.example.net/why'
    ca().suggest({ ...window, explanationUrl }, ca().certificates[0]?.id)
    ca().suggest({ start: new Date(0), end: new Date(1) })
    expect(await issuer.renewalInfo(chainPem, signal)).toEqual({ window, explanationUrl, retryAt: expect.any(Date) })
  })

  it('reads a window in another time zone, from an address with a slash at its end', async () => {
    ca().always('directory', withBody({ renewalInfo: `${new URL(ca().directoryUrl).origin}/renewalInfo/` }))
    const { issuer, chainPem } = await issued()
    ca().next('renewalInfo', info())
    expect((await issuer.renewalInfo(chainPem, signal))?.window.end).toEqual(new Date('2026-09-03T10:00:00Z'))
  })

  it.each([
    [undefined, 6 * HOUR],
    ['7200', 2 * HOUR],
    ['1', 1 * MINUTE],
    ['0', 1 * MINUTE],
    ['8640000', 24 * HOUR],
    ['soon', 6 * HOUR],
  ])('with Retry-After %s it asks again after %i ms', async (header, expected) => {
    const { issuer, chainPem } = await issued()
    ca().next('renewalInfo', info({}, header === undefined ? {} : { 'retry-after': header }))
    const renewal = await issuer.renewalInfo(chainPem, signal)
    expectWithin(fromNow(renewal?.retryAt), expected - 2 * SECOND, expected)
  })

  it.each(['http://ca.example.net/why', 'javascript:alert(1)', 'why', 7])('shows nobody the page %j', async (page) => {
    const { issuer, chainPem } = await issued()
    ca().next('renewalInfo', info({ explanationURL: page }))
    expect(await issuer.renewalInfo(chainPem, signal)).toMatchObject({ explanationUrl: null })
  })

  const ending = (end: unknown): Scripted => info({ suggestedWindow: { ...suggestedWindow, end } })
  it.each<[string, Scripted]>([
    ['a window that ends before it starts', ending('2026-08-01T00:00:00Z')],
    ['a window of no time', ending(suggestedWindow.start)],
    ['a window without an end', ending(undefined)],
    ['a window of words', ending('later')],
    ['a day that is none', ending('2026-13-41T00:00:00Z')],
    ['no window', { body: {} }],
    ['a page in HTML', { type: 'text/html', body: '<html>' }],
    ['10 MB', { body: Buffer.alloc(10_000_000, 0x20) }],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1/' } }],
  ])('takes %s for no suggestion', async (_what, answer) => {
    const { issuer, chainPem } = await issued()
    ca().next('renewalInfo', answer)
    expect(await refused(issuer.renewalInfo(chainPem, signal))).toMatchObject({ type: 'unexpectedAnswer' })
  })

  it('waits no longer for it than for anything else', async () => {
    const { chainPem } = await issued()
    ca().next('renewalInfo', { hangs: true })
    const refusal = await refused(newIssuer({ deadlineMs: 150 }).renewalInfo(chainPem, signal))
    expect(refusal).toMatchObject({ type: 'unreachable' })
  })

  it('passes on that the CA is busy, and does not know the certificate', async () => {
    const { issuer, chainPem } = await issued()
    ca().next('renewalInfo', problem('rateLimited', 'slow down', 429, { 'retry-after': '120' }))
    ca().next('renewalInfo', problem('malformed', 'Certificate not found', 404))
    const busy = await refused(issuer.renewalInfo(chainPem, signal))
    expect(busy).toMatchObject({ type: 'rateLimited', status: 429 })
    expectWithin(fromNow(busy.retryAt), 118 * SECOND, 120 * SECOND)
    expect(await refused(issuer.renewalInfo(chainPem, signal))).toMatchObject({ type: 'malformed', status: 404 })
  })

  it('is not told by a CA that says no such things', async () => {
    ca().always('directory', withBody({ renewalInfo: undefined }))
    const { issuer, chainPem } = await issued()
    expect(await issuer.renewalInfo(chainPem, signal)).toBeNull()
    expect(ca().asked('renewalInfo')).toBe(0)
  })
})

describe('the acme issuer that orders a replacement', () => {
  const need = (replaces: string) => ({ hostname, challenge: 'http-01', replaces }) as const

  it('says what it replaces, and that the CA took it', async () => {
    const { issuer, chainPem } = await issued()
    expect(await issuer.placeOrder(need(chainPem), signal)).toMatchObject({ replaces: true })
    expect(ca().orders.map(({ replaces }) => replaces)).toEqual([null, ca().certificates[0]?.id])
  })

  it('replaces a certificate once, and orders without when another order did', async () => {
    const { issuer, chainPem } = await issued()
    for (const expected of [true, false]) {
      const order = { ...(await issuer.placeOrder(need(chainPem), signal)), challenge: 'http-01' } as const
      expect(order.replaces).toBe(expected)
      await issuer.validate(order, signal)
      await issuer.finalize(order, createLeafKeyAndCsr(hostname).csrDer, signal)
    }
    expect(ca().asked('newOrder')).toBe(4)
  })

  it('does not count on a CA that passed over it, or took it for another', async () => {
    const { issuer, chainPem } = await issued()
    for (const replaces of [undefined, 'abc.def', 7]) {
      ca().next('newOrder', withBody({ replaces }))
      expect(await issuer.placeOrder(need(chainPem), signal)).toMatchObject({ replaces: false })
    }
    expect(ca().asked('newOrder')).toBe(4)
  })

  it('says nothing of it where the CA suggests no renewals', async () => {
    ca().always('directory', withBody({ renewalInfo: undefined }))
    const { issuer, chainPem } = await issued()
    expect(await issuer.placeOrder(need(chainPem), signal)).toMatchObject({ replaces: false })
    expect(ca().orders.at(-1)?.replaces).toBeNull()
  })

  it.each<[string, string, number]>([
    ['alreadyReplaced', 'cannot indicate an order replaces certificate with serial "04", which already has one', 409],
    ['conflict', 'somebody else did', 409],
    ['malformed', 'parsing "replaces": not base64url', 400],
    ['malformed', 'could not find the certificate that the order replaces', 404],
    ['unauthorized', 'requester account did not request the certificate being replaced by this order', 403],
  ])('orders once without after %s "%s"', async (type, detail, status) => {
    const { issuer, chainPem } = await issued()
    ca().next('newOrder', problem(type, detail, status))
    expect(await issuer.placeOrder(need(chainPem), signal)).toMatchObject({ replaces: false })
    expect(ca().orders.map(({ replaces }) => replaces)).toEqual([null, null])
    expect(ca().asked('newOrder')).toBe(3)
  })

  it.each<[string, string, number]>([
    ['serverInternal', 'while looking for the certificate that it replaces', 500],
    ['rateLimited', 'too many orders that are replaced', 429],
    ['malformed', 'the identifier is not a name', 400],
    ['rejectedIdentifier', 'no', 400],
  ])('does not order again after %s "%s"', async (type, detail, status) => {
    const { issuer, chainPem } = await issued()
    ca().next('newOrder', problem(type, detail, status))
    expect(await refused(issuer.placeOrder(need(chainPem), signal))).toMatchObject({ type, status })
    expect(ca().asked('newOrder')).toBe(2)
  })

  it('gives up when the CA does not take it without either', async () => {
    const { issuer, chainPem } = await issued()
    const conflict: Script = problem('alreadyReplaced', 'replaced before', 409)
    ca().next('newOrder', conflict, conflict)
    expect(await refused(issuer.placeOrder(need(chainPem), signal))).toMatchObject({ type: 'alreadyReplaced' })
    expect(ca().asked('newOrder')).toBe(3)
  })
})
