import { once } from 'node:events'
import { type Server as HttpServer, type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, type Server, type Socket, createServer as createTcpServer } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { createHttpProbe } from '@mooring/providers'
import type { ProbeRequest } from '@mooring/core'
import { afterEach, describe, expect, it } from 'vitest'
import { anEdgeCertificate } from '../builders/edge-certificate.ts'
import { freePorts } from '../services/free-ports.ts'

const { signal } = new AbortController()
const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

async function listening(server: Server | HttpServer): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
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

/** A web server, and what it was asked. */
async function aSite(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: IncomingMessage[] = []
  const port = await listening(
    createServer((request, response) => {
      asked.push(request)
      answer(request, response)
    }),
  )
  return { port, asked }
}

/** A server that speaks as it likes, once it has been asked. */
const aTalker = (talk: (socket: Socket) => void) =>
  listening(
    createTcpServer((socket) => {
      socket.on('error', () => socket.destroy())
      socket.once('data', () => talk(socket))
    }),
  )

const probe = (port: number, more: { timeoutMs?: number } = {}) =>
  createHttpProbe({ allow: ['127.0.0.0/8'], httpPort: port, httpsPort: port, ...more })

const aRequest = (facts: Partial<ProbeRequest> = {}): ProbeRequest => ({
  scheme: 'http',
  hostname: 'shop.example.com',
  address: '127.0.0.1',
  path: '/',
  ...facts,
})
const get = (port: number, facts: Partial<ProbeRequest> = {}) => probe(port).get(aRequest(facts), signal)
const unreachable = (detail: string) => ({ kind: 'unreachable', detail })

describe('the HTTP probe', () => {
  it('asks the address for a page of the hostname, once', async () => {
    const { port, asked } = await aSite((_, response) => response.end('token'))
    expect(await get(port, { path: '/.well-known/x?y=%20z' })).toEqual({
      kind: 'answer',
      status: 200,
      body: 'token',
      location: null,
    })
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({
      method: 'GET',
      url: '/.well-known/x?y=%20z',
      httpVersion: '1.1',
      headers: { host: `shop.example.com:${port}`, 'user-agent': 'Mooring-probe' },
    })
    expect(asked[0]?.headers).not.toHaveProperty('accept-encoding')
  })

  it('asks over TLS with the hostname as SNI, whoever signed the certificate', async () => {
    const { chainPem, keyPem } = await anEdgeCertificate('other.example.org')
    const names: unknown[] = []
    const port = await listening(
      createHttpsServer({ cert: chainPem, key: keyPem }, ({ socket, headers }, response) => {
        names.push((socket as TLSSocket).servername, headers.host)
        response.end('hello')
      }),
    )
    expect(await get(port, { scheme: 'https' })).toMatchObject({ kind: 'answer', status: 200, body: 'hello' })
    expect(names).toEqual(['shop.example.com', `shop.example.com:${port}`])
  })

  it('follows no redirect and says where it leads', async () => {
    const { port, asked } = await aSite((_, response) => {
      response.writeHead(308, { location: 'http://169.254.169.254/latest/meta-data' }).end()
    })
    expect(await get(port)).toMatchObject({ status: 308, location: 'http://169.254.169.254/latest/meta-data' })
    expect(asked).toHaveLength(1)
  })

  it('passes errors of the site on as its answer', async () => {
    const { port } = await aSite((_, response) => response.writeHead(503).end('later'))
    expect(await get(port)).toEqual({ kind: 'answer', status: 503, body: 'later', location: null })
  })

  it('reads 64 kB of an endless answer and hangs up', async () => {
    let closed = false
    const { port } = await aSite((_, response) => {
      response.on('close', () => (closed = true))
      response.write('x'.repeat(1_000_000))
    })
    const answer = await get(port)
    expect(answer.kind === 'answer' && answer.body.length).toBe(65_536)
    await expect.poll(() => closed).toBe(true)
  })

  it('is not held up by a server that drips one byte at a time, in the head or in the body', async () => {
    for (const head of ['', 'HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n']) {
      const port = await aTalker((socket) => {
        socket.write(head)
        const timer = setInterval(() => socket.write('H'), 50)
        socket.on('close', () => clearInterval(timer))
      })
      const startedAt = performance.now()
      const answer = await probe(port, { timeoutMs: 400 }).get(aRequest(), signal)
      expect([unreachable('no answer within 0.4 s'), unreachable('not HTTP')]).toContainEqual(answer)
      expect(performance.now() - startedAt).toBeLessThan(2_000)
    }
  })

  it('gives up on a silent server, over TLS too', async () => {
    const port = await aTalker(() => undefined)
    for (const scheme of ['http', 'https'] as const) {
      const answer = await probe(port, { timeoutMs: 200 }).get(aRequest({ scheme }), signal)
      expect(answer).toEqual(unreachable('no answer within 0.2 s'))
    }
  })

  it('says that nobody listens', async () => {
    const [port] = (await freePorts(1)) as [number]
    expect(await get(port)).toEqual(unreachable('connection refused'))
  })

  it.each<[string, string, (socket: Socket) => void]>([
    ['resets', 'connection reset', (socket) => socket.resetAndDestroy()],
    ['hangs up', 'connection closed without an answer', (socket) => socket.end()],
    [
      'hangs up in the middle',
      'connection closed in the middle of the answer',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'),
    ],
    ['speaks SSH', 'not HTTP', (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n')],
    ['speaks HTTP/2', 'not HTTP', (socket) => socket.write(Buffer.from('000000040000000000', 'hex'))],
    [
      'sends two lengths',
      'not HTTP',
      (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na'),
    ],
    [
      'changes the protocol unasked',
      'connection closed without an answer',
      (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    ],
    [
      'floods with headers',
      'too many headers',
      (socket) => socket.write(`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(50_000)}`),
    ],
    [
      'floods with interim answers',
      'not HTTP',
      (socket) => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1_000)),
    ],
  ])('says of a server that %s: %s', async (_, detail, talk) => {
    expect(await get(await aTalker(talk))).toEqual(unreachable(detail))
  })

  it('takes an answer after interim ones, and one without a length', async () => {
    const port = await aTalker((socket) => {
      socket.end('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello')
    })
    expect(await get(port)).toMatchObject({ kind: 'answer', status: 200, body: 'hello' })
  })

  it('says that a plain server speaks no TLS, and that a TLS server refuses the name', async () => {
    const { port } = await aSite((_, response) => response.end())
    expect(await get(port, { scheme: 'https' })).toEqual(unreachable('not HTTPS'))
    // A fatal alert, unrecognized_name (RFC 8446 §6).
    const refusing = await aTalker((socket) => socket.end(Buffer.from('15030300020270', 'hex')))
    expect(await get(refusing, { scheme: 'https' })).toEqual(unreachable('TLS handshake refused'))
    const closing = await aTalker((socket) => socket.end())
    expect(await get(closing, { scheme: 'https' })).toEqual(unreachable('connection closed without an answer'))
  })

  it.each([
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '168.63.129.16',
    '::1',
    '::ffff:127.0.0.1',
    '0x5db8d80e',
    'fe80::1',
    'shop.example.com',
  ])('opens no connection to %s', async (address) => {
    const { port, asked } = await aSite((_, response) => response.end())
    const strict = createHttpProbe({ allow: [], httpPort: port })
    expect(await strict.get(aRequest({ address }), signal)).toEqual({
      kind: 'forbidden',
      detail: `${address} is not a public address`,
    })
    expect(asked).toEqual([])
  })

  it('stops when the caller gives up, before and during the exchange', async () => {
    const reason = new Error('the process stops')
    const giving = new AbortController()
    const { port } = await aSite(() => giving.abort(reason))
    await expect(probe(port).get(aRequest(), giving.signal)).rejects.toBe(reason)
    await expect(probe(port).get(aRequest(), AbortSignal.abort(reason))).rejects.toBe(reason)
  })
})
