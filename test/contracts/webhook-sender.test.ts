import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { newWebhookSecret, signedHeaders } from '@mooring/core'
import { createWebhookSender } from '@mooring/providers'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { anEdgeCertificate } from '../builders/edge-certificate.ts'
import { freePorts } from '../services/free-ports.ts'

const NAME = 'platform.example.com'
const LOOPBACK = ['127.0.0.0/8']
const { signal } = new AbortController()
let certificate: Awaited<ReturnType<typeof anEdgeCertificate>>
beforeAll(async () => {
  certificate = await anEdgeCertificate(NAME)
})
const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

async function listening(server: Server | TcpServer): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  stops.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

interface Asked {
  request: IncomingMessage
  body: string
}

type Answering = (response: ServerResponse, asked: Asked) => void

/** A platform's server with a certificate for its name, and what it was told. */
async function aReceiver(answer: Answering = (response) => response.end('ok'), { isPlain = false } = {}) {
  const asked: Asked[] = []
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      asked.push({ request, body })
      answer(response, { request, body })
    })
  }
  const tls = { key: certificate.keyPem, cert: certificate.chainPem }
  const port = await listening(isPlain ? createHttpServer(onRequest) : createHttpsServer(tls, onRequest))
  return { port, asked, url: `${isPlain ? 'http' : 'https'}://${NAME}:${port}/hooks?of=mooring` }
}

const sender = (more: Partial<Parameters<typeof createWebhookSender>[0]> = {}) =>
  createWebhookSender({
    allow: LOOPBACK,
    ca: certificate.chainPem,
    lookUp: async () => ['127.0.0.1'],
    deadlineMs: 2_000,
    ...more,
  })
const send = (url: string, more: Parameters<typeof sender>[0] = {}) =>
  sender(more)({ url, headers: { 'webhook-id': 'msg_1' }, body: '{"type":"test"}' }, signal)

describe('the webhook sender', () => {
  it('posts the body as it is to the name, and verifies whom it speaks to', async () => {
    const { url, asked, port } = await aReceiver()

    expect(await send(url)).toEqual({ kind: 'taken', status: 200, error: null, excerpt: 'ok', retryAfterMs: null })

    expect(asked).toHaveLength(1)
    const [{ request, body }] = asked as [Asked]
    expect({ method: request.method, url: request.url, body }).toEqual({
      method: 'POST',
      url: '/hooks?of=mooring',
      body: '{"type":"test"}',
    })
    expect(request.headers).toMatchObject({
      host: `${NAME}:${port}`,
      'content-type': 'application/json',
      'webhook-id': 'msg_1',
      connection: 'close',
    })
    expect((request.socket as TLSSocket & { servername: string }).servername).toBe(NAME)
  })

  it('signs so that the library of Standard Webhooks accepts it, by either secret of a rotation', async () => {
    const [before, now] = [newWebhookSecret(), newWebhookSecret()]
    const { url, asked } = await aReceiver()
    const body = JSON.stringify({ type: 'domain.active', data: { hostname: 'bücher.example' } })
    const headers = signedHeaders({ id: 'msg_1', at: new Date(), body }, [now, before])

    await sender()({ url, headers, body }, signal)

    const [{ request, body: received }] = asked as [Asked]
    for (const secret of [before, now]) {
      expect(new Webhook(secret).verify(received, request.headers as Record<string, string>)).toEqual(JSON.parse(body))
    }
    expect(() => new Webhook(newWebhookSecret()).verify(received, request.headers as Record<string, string>)).toThrow()
    expect(() => new Webhook(now).verify(`${received} `, request.headers as Record<string, string>)).toThrow()
  })

  it.each([
    ['127.0.0.1'],
    ['10.1.2.3'],
    ['169.254.169.254'],
    ['::1'],
    ['::ffff:127.0.0.1'],
    ['fd00::1'],
    ['0.0.0.0'],
    ['64:ff9b::7f00:1'],
  ])('connects to nothing when the name resolves to %s', async (address) => {
    const { url, asked } = await aReceiver()
    expect(await send(url, { allow: [], lookUp: async () => [address] })).toMatchObject({
      kind: 'refused',
      status: null,
      error: expect.stringContaining('is not a public address'),
    })
    expect(asked).toEqual([])
  })

  it('connects to nothing when one of several addresses is private', async () => {
    const { url, asked } = await aReceiver()
    const lookUp = async () => ['127.0.0.1', '10.0.0.1']
    expect(await send(url, { lookUp })).toMatchObject({ error: '10.0.0.1 is not a public address' })
    expect(asked).toEqual([])
  })

  it('connects to the address that it judged, however the name answers the next time', async () => {
    const { url, asked } = await aReceiver()
    let lookUps = 0
    const lookUp = async () => (++lookUps === 1 ? ['127.0.0.1'] : ['10.0.0.1'])
    expect(await send(url, { lookUp })).toMatchObject({ kind: 'taken' })
    expect(lookUps).toBe(1)
    expect(asked).toHaveLength(1)
  })

  it('judges an address that stands in the URL in whatever spelling', async () => {
    const { port, asked } = await aReceiver()
    for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]']) {
      expect(await send(`https://${host}:${port}/`, { allow: [] })).toMatchObject({ kind: 'refused', status: null })
    }
    expect(asked).toEqual([])
  })

  it('speaks plain HTTP to what the operator allows, and to nobody else', async () => {
    const { url, asked } = await aReceiver(undefined, { isPlain: true })
    expect(await send(url)).toMatchObject({ kind: 'taken' })
    const answer = await send(url, { lookUp: async () => ['93.184.216.34'] })
    expect(answer).toMatchObject({ kind: 'refused', error: 'plain HTTP goes to allowed private addresses only' })
    expect(asked).toHaveLength(1)
  })

  it.each([301, 302, 303, 307, 308])('does not follow a redirect (%i) inward', async (status) => {
    const inside = await aReceiver()
    const { url } = await aReceiver((response) => response.writeHead(status, { location: inside.url }).end())
    expect(await send(url)).toMatchObject({
      kind: 'refused',
      status,
      error: `answered ${status}: redirects are not followed`,
    })
    expect(inside.asked).toEqual([])
  })

  it('says that the receiver wants no more', async () => {
    const { url } = await aReceiver((response) => response.writeHead(410).end('bye'))
    expect(await send(url)).toMatchObject({ kind: 'gone', status: 410, excerpt: 'bye' })
  })

  it('keeps what the receiver asks to wait', async () => {
    const { url } = await aReceiver((response) => response.writeHead(503, { 'retry-after': '7' }).end())
    expect(await send(url)).toMatchObject({ kind: 'refused', status: 503, error: 'answered 503', retryAfterMs: 7_000 })
  })

  it('reads no more than the beginning of 10 MB, and keeps a printable kilobyte', async () => {
    let sent = 0
    const { url } = await aReceiver((response) => {
      const chunk = Buffer.from('\u0000\u202e<x>\u001b[31m'.repeat(4096))
      response.on('error', () => {})
      const more = (): void => {
        while (sent < 10_000_000 && !response.destroyed) {
          sent += chunk.length
          if (!response.write(chunk)) return void response.once('drain', more)
        }
        response.end()
      }
      more()
    })
    const answer = await send(url)
    expect(answer).toMatchObject({ kind: 'taken', status: 200 })
    expect(answer.excerpt?.length).toBe(1024)
    expect(answer.excerpt).toMatch(/^(?:\ufffd\ufffd<x>\ufffd\[31m)+/)
    expect(sent).toBeLessThan(10_000_000)
  })

  it('gives up on a receiver that takes the connection and says nothing', async () => {
    const port = await listening(createTcpServer(() => {}))
    expect(await send(`https://${NAME}:${port}/`, { deadlineMs: 300 })).toMatchObject({
      kind: 'refused',
      error: 'no answer within 0.3 s',
    })
  })

  it('gives up on one that sends a byte now and then', async () => {
    const { url } = await aReceiver((response) => {
      const drip = setInterval(() => response.write('.'), 50)
      response.on('close', () => clearInterval(drip))
    })
    expect(await send(url, { deadlineMs: 400 })).toMatchObject({ error: 'no answer within 0.4 s' })
  })

  it('gives up on a look-up that never ends', async () => {
    const lookUp = () => new Promise<string[]>(() => {})
    expect(await send(`https://${NAME}/`, { lookUp, deadlineMs: 200 })).toMatchObject({
      error: 'no answer within 0.2 s',
    })
  })

  it('refuses a certificate that is for another name, or that nobody vouches for', async () => {
    const { url, port, asked } = await aReceiver()
    expect(await send(`https://other.example.com:${port}/`)).toMatchObject({
      error: 'the certificate is for another name',
    })
    expect(await send(url, { ca: undefined })).toMatchObject({ error: expect.stringContaining('is not trusted') })
    expect(asked).toEqual([])
  })

  it('tells in plain words of what is no HTTPS, no server and no name', async () => {
    const plain = await aReceiver(undefined, { isPlain: true })
    const [closed] = (await freePorts(1)) as [number]
    const lookUp = async () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))
    expect(await send(`https://${NAME}:${plain.port}/`)).toMatchObject({ error: 'TLS handshake failed' })
    expect(await send(`https://${NAME}:${closed}/`)).toMatchObject({ error: 'connection refused' })
    expect(await send(`https://${NAME}/`, { lookUp })).toMatchObject({ error: 'the name does not exist' })
    const babble = await listening(createTcpServer((socket) => socket.end('220 mail ESMTP\r\n')))
    expect(await send(`http://${NAME}:${babble}/`)).toMatchObject({ error: 'not HTTP' })
  })

  it('goes on to the next address when the first one takes no connection', async () => {
    const { url } = await aReceiver()
    expect(await send(url, { lookUp: async () => ['127.0.0.9', '127.0.0.1'] })).toMatchObject({ kind: 'taken' })
  })

  it('ends at once when the process stops', async () => {
    const port = await listening(createTcpServer(() => {}))
    const stop = new AbortController()
    const sending = sender()({ url: `https://${NAME}:${port}/`, headers: {}, body: '' }, stop.signal)
    stop.abort(new Error('stopping'))
    await expect(sending).rejects.toThrow('stopping')
  })
})
