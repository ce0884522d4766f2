import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createSlackWebhook } from './slack-webhook.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** A webhook that answers as told; `received` has what was posted to it. */
async function webhook(answer: (response: ServerResponse) => void) {
  const received: { request: IncomingMessage; body: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    received.push({ request, body })
    answer(response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0/B0/s3cret`
  return { url, received }
}

const answering = (status: number, headers: Record<string, string> = {}) =>
  webhook((response) => response.writeHead(status, headers).end('answer'))

const message = { id: 'dlv_1', text: '46 more domains: DNS_RECORD_MISSING in 10 min.' }

describe('createSlackWebhook', () => {
  it('posts the text as JSON', async () => {
    const { url, received } = await answering(200)
    expect(await createSlackWebhook({ url }).send(message)).toEqual({ kind: 'sent' })
    expect(received[0]?.request).toMatchObject({ method: 'POST', url: '/services/T0/B0/s3cret' })
    expect(received[0]?.request.headers['content-type']).toBe('application/json')
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ text: message.text })
  })

  it('lets no text become a mention', async () => {
    const { url, received } = await answering(200)
    await createSlackWebhook({ url }).send({ id: 'dlv_2', text: '<!channel> & co' })
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ text: '&lt;!channel&gt; &amp; co' })
  })

  it.each([429, 500, 503])('asks to try again after %i', async (status) => {
    const { url } = await answering(status)
    expect(await createSlackWebhook({ url }).send(message)).toMatchObject({ kind: 'retry', retryAfterMs: null })
  })

  it('passes on how long the webhook wants to be left alone', async () => {
    const seconds = await answering(429, { 'retry-after': '30' })
    expect(await createSlackWebhook(seconds).send(message)).toMatchObject({ retryAfterMs: 30_000 })
    const date = await answering(503, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() })
    const answer = await createSlackWebhook(date).send(message)
    expect(answer.kind === 'retry' && answer.retryAfterMs).toBeGreaterThan(55_000)
  })

  it.each([400, 403, 404, 410])('gives up at %i', async (status) => {
    const { url } = await answering(status)
    expect(await createSlackWebhook({ url }).send(message)).toEqual({
      kind: 'refused',
      detail: `The webhook answered ${status}.`,
    })
  })

  it('follows no redirect', async () => {
    const elsewhere = await answering(200)
    const { url } = await answering(307, { location: elsewhere.url })
    expect(await createSlackWebhook({ url }).send(message)).toMatchObject({ kind: 'refused' })
    expect(elsewhere.received).toEqual([])
  })

  it('asks to try again when nobody listens, and does not tell the address', async () => {
    const { url } = await answering(200)
    await new Promise((resolve) => servers.pop()?.close(resolve))
    const answer = await createSlackWebhook({ url }).send(message)
    expect(answer).toEqual({ kind: 'retry', detail: 'No answer from the webhook (ECONNREFUSED).', retryAfterMs: null })
  })

  it('does not wait longer than its deadline', async () => {
    const { url } = await webhook(() => {})
    const answer = await createSlackWebhook({ url, deadlineMs: 50 }).send(message)
    expect(answer).toMatchObject({ kind: 'retry', detail: expect.stringContaining('TimeoutError') })
  })

  it('takes the status for the answer when its body never ends', async () => {
    const { url } = await webhook((response) => response.writeHead(200).write('a'))
    expect(await createSlackWebhook({ url, deadlineMs: 50 }).send(message)).toEqual({ kind: 'sent' })
  })
})
