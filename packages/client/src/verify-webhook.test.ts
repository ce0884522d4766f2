import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { verifyWebhook, type WebhookError } from './verify-webhook.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const BODY = '{"type":"domain.active","timestamp":"2026-11-21T12:00:00Z","data":{"name":"Bücher"}}'
const NOW = Date.parse('2026-11-21T12:00:00Z')

beforeEach(() => vi.useFakeTimers({ now: NOW, toFake: ['Date'] }))
afterEach(() => vi.useRealTimers())

function sign({ secret = SECRET, body = BODY, at = NOW } = {}): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000))
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const signature = createHmac('sha256', key).update(`msg_1.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}

const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: WebhookError) => error.fault,
  )

describe('a delivery', () => {
  it('is told, with the message’s id, whichever way the headers and the body come', async () => {
    const event = { id: 'msg_1', type: 'domain.active', timestamp: '2026-11-21T12:00:00Z', data: { name: 'Bücher' } }
    expect(await verifyWebhook(sign(), BODY, SECRET)).toEqual(event)
    expect(await verifyWebhook(new Headers(sign()), new TextEncoder().encode(BODY), SECRET)).toEqual(event)
    const capital = Object.fromEntries(Object.entries(sign()).map(([name, value]) => [name.toUpperCase(), value]))
    expect(await verifyWebhook(capital, BODY, SECRET)).toEqual(event)
  })

  // The example of the specification and its libraries: its signature fits, its body is no event of ours.
  it('is judged as the specification’s own example is', async () => {
    vi.setSystemTime(1_614_265_330_000)
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    }
    expect(await faultOf(verifyWebhook(headers, '{"test": 2432232314}', SECRET))).toBe('body_invalid')
    expect(await faultOf(verifyWebhook(headers, '{"test": 2432232315}', SECRET))).toBe('signature_wrong')
  })

  it('is judged as the reference library judges it, whatever is wrong', async () => {
    const reference = new Webhook(SECRET)
    const signed = (body: string, at = NOW) => ({
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(at / 1000)),
      'webhook-signature': reference.sign('msg_1', new Date(at), body),
    })
    const genuine = signed(BODY)
    const cases: [Record<string, string>, string][] = [
      [genuine, BODY],
      [signed(BODY, NOW - 299_000), BODY],
      [signed(BODY, NOW + 299_000), BODY],
      [signed(BODY, NOW - 301_000), BODY],
      [signed(BODY, NOW + 301_000), BODY],
      [genuine, `${BODY} `],
      [{ ...genuine, 'webhook-id': 'msg_2' }, BODY],
      [{ ...genuine, 'webhook-timestamp': String(NOW / 1000 + 1) }, BODY],
      [{ ...genuine, 'webhook-signature': `v1,bm8= ${genuine['webhook-signature']}` }, BODY],
      [{ ...genuine, 'webhook-signature': genuine['webhook-signature'].replace('v1,', 'v2,') }, BODY],
      [{ ...genuine, 'webhook-signature': '' }, BODY],
    ]
    const believed = (judge: () => unknown) => {
      try {
        return judge() !== undefined
      } catch {
        return false
      }
    }
    const theirs = cases.map(([headers, body]) => believed(() => reference.verify(body, headers)))
    const ours = await Promise.all(cases.map(([headers, body]) => faultOf(verifyWebhook(headers, body, SECRET))))
    expect(ours.map((fault) => fault === 'none')).toEqual(theirs)
    expect(theirs.filter(Boolean)).toHaveLength(4)
  })

  it('is believed while secrets are changed, on either side', async () => {
    const next = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
    const both = { ...sign(), 'webhook-signature': `v1a,bm8= ${sign({ secret: next })['webhook-signature']} v1,bm8=` }
    expect(await verifyWebhook(both, BODY, next)).toMatchObject({ id: 'msg_1' })
    expect(await verifyWebhook(sign(), BODY, [next, SECRET])).toMatchObject({ id: 'msg_1' })
  })

  it.each([
    ['of another secret', sign({ secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD' }), 'signature_wrong'],
    ['of another version', { ...sign(), 'webhook-signature': 'v2,bm8=' }, 'signature_wrong'],
    ['without base64', { ...sign(), 'webhook-signature': 'v1,%%%' }, 'signature_wrong'],
    ['with the id of another', { ...sign(), 'webhook-id': 'msg_2' }, 'signature_wrong'],
    ['without a header', { ...sign(), 'webhook-id': undefined }, 'header_missing'],
    ['with a header twice', { ...sign(), 'webhook-id': ['msg_1', 'msg_1'] }, 'header_missing'],
    ['with no number for a time', { ...sign(), 'webhook-timestamp': '1e9' }, 'header_missing'],
    ['of six minutes ago', sign({ at: NOW - 360_000 }), 'too_old'],
    ['of six minutes ahead', sign({ at: NOW + 360_000 }), 'too_new'],
  ])('%s is refused', async (_, headers, fault) => {
    expect(await faultOf(verifyWebhook(headers, BODY, SECRET))).toBe(fault)
  })

  it('is refused when a byte of it is another, or nobody gave a secret', async () => {
    expect(await faultOf(verifyWebhook(sign(), BODY.replace('active', 'failed'), SECRET))).toBe('signature_wrong')
    expect(await faultOf(verifyWebhook(sign(), BODY, ''))).toBe('secret_invalid')
    expect(await faultOf(verifyWebhook(sign(), BODY, []))).toBe('signature_wrong')
  })
})
