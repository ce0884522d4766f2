import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, it } from 'vitest'
import { createNoticeWebhook } from './notice-webhook.ts'

const SECRET = `whsec_${Buffer.from('a secret of at least 24 bytes').toString('base64')}`
const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
})

async function receiver() {
  const received: { headers: Record<string, string>; body: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    received.push({ headers: request.headers as Record<string, string>, body })
    response.end()
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notices`, received }
}

describe('createNoticeWebhook', () => {
  it('posts what is told, signed, with the same id at each try', async () => {
    const { url, received } = await receiver()
    const sender = createNoticeWebhook({ url, secret: SECRET })
    const fact = { kind: 'first', code: 'CA_REJECTED', group: 'CA_REJECTED tenant:acme', tenant: 'acme', count: 1 }
    const message = { id: 'dlv_1', text: 'a.example.com: CA_REJECTED.', isUrgent: true, notices: [fact] }
    expect(await sender.send(message)).toEqual({ kind: 'sent' })
    expect(await sender.send(message)).toEqual({ kind: 'sent' })
    for (const { headers, body } of received) {
      expect(headers['webhook-id']).toBe('dlv_1')
      expect(new Webhook(SECRET).verify(body, headers)).toMatchObject({
        type: 'notice',
        data: { text: message.text, urgent: true, notices: [fact] },
      })
      expect(() => new Webhook(SECRET).verify(`${body} `, headers)).toThrow()
    }
  })

  it('takes what the release before wrote', async () => {
    const { url, received } = await receiver()
    expect(await createNoticeWebhook({ url, secret: SECRET }).send({ id: 'dlv_1', text: 'old' })).toEqual({
      kind: 'sent',
    })
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ data: { text: 'old', urgent: false, notices: [] } })
  })
})
