import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import { type ServerOptions, createServer as createHttpsServer } from 'node:https'
import { type RouteCertificate, type ServedRoute, lookAtServed } from '@mooring/core'
import { createBuiltInServer } from '@mooring/edge-agent'
import { createTlsProbe } from '@mooring/providers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { anEdgeCertificate } from '../builders/edge-certificate.ts'
import { anHttpsRoute } from '../builders/served-route.ts'
import { freePorts } from '../services/free-ports.ts'

const HOSTNAME = 'shop.example.com'
const ADDRESS = '127.0.0.1'
const { signal } = new AbortController()
const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  })
  server.on('tlsClientError', () => {})
  stops.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  server.listen(0, ADDRESS)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const probeAt = (port: number, timeoutMs = 5000) => createTlsProbe({ allow: ['127.0.0.0/8'], port, timeoutMs })
const look = (port: number, more: { address?: string; port?: number; timeoutMs?: number } = {}) => {
  const { timeoutMs, ...question } = more
  return probeAt(port, timeoutMs).certificateAt({ hostname: HOSTNAME, address: ADDRESS, ...question }, signal)
}
const endOf = ({ chainPem }: RouteCertificate): Date => new X509Certificate(chainPem).validToDate
const aTlsServer = (options: ServerOptions) => listening(createHttpsServer(options))

describe('the TLS probe', () => {
  it('tells the serial number and the end of what is served for the name, whoever signed it', async () => {
    const certificate = await anEdgeCertificate('other.example.org')
    const names: string[] = []
    const port = await aTlsServer({
      cert: certificate.chainPem,
      key: certificate.keyPem,
      SNICallback(name, done) {
        names.push(name)
        done(null)
      },
    })
    const served = { kind: 'served', serial: certificate.serial, notAfter: endOf(certificate) }
    expect(await look(port)).toEqual(served)
    expect(await look(1, { port })).toEqual(served)
    expect(names).toEqual([HOSTNAME, HOSTNAME])
  })

  it('tells a server without a certificate for the name from one that is away', async () => {
    const { chainPem: cert, keyPem: key } = await anEdgeCertificate(HOSTNAME)
    const picky = await aTlsServer({ cert, key, SNICallback: (_name, done) => done(new Error('no such name')) })
    // It answers with an alert, where the other one hangs up.
    const strict = await aTlsServer({ cert, key, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })
    const [closed] = (await freePorts(1)) as [number]
    expect(await look(picky)).toEqual({ kind: 'refused' })
    expect(await look(strict)).toEqual({ kind: 'refused' })
    expect(await look(closed)).toEqual({ kind: 'unreachable', detail: 'connection refused' })
  })

  it('waits for no server longer than its deadline, and takes nothing else for TLS', async () => {
    const mute = await listening(createServer())
    const plain = await listening(createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
    const rude = await listening(createServer((socket) => socket.end()))
    expect(await look(mute, { timeoutMs: 200 })).toEqual({ kind: 'unreachable', detail: 'no answer within 0.2 s' })
    expect(await look(plain)).toEqual({ kind: 'unreachable', detail: 'not HTTPS' })
    expect(await look(rude)).toEqual({ kind: 'refused' })
  })

  it.each(['10.0.0.1', '169.254.169.254', '::1', '0x7f.1', 'localhost'])('does not connect to %s', async (address) => {
    expect(await look(443, { address })).toMatchObject({ kind: 'forbidden' })
  })

  it('ends with the signal', async () => {
    const mute = await listening(createServer())
    const stop = new AbortController()
    const looking = probeAt(mute).certificateAt({ hostname: HOSTNAME, address: ADDRESS }, stop.signal)
    stop.abort(new Error('the worker stops'))
    await expect(looking).rejects.toThrow('the worker stops')
  })
})

describe('what an edge serves, beside the records', () => {
  let port: number
  let apply: (...routes: ServedRoute[]) => Promise<unknown>
  beforeEach(async () => {
    const [httpPort, httpsPort] = (await freePorts(2)) as [number, number]
    const ports = { httpPort, httpsPort, publicHttpsPort: httpsPort }
    const controlPlaneUrl = new URL('http://127.0.0.1:1')
    const server = createBuiltInServer({ ...ports, controlPlaneUrl, listenAddress: ADDRESS })
    await server.start()
    stops.push(() => server.stop())
    port = httpsPort
    let generation = 0
    apply = (...routes) => server.apply(routes, ++generation)
  })

  const compare = (certificate: RouteCertificate, { hostname = HOSTNAME, addresses = [ADDRESS] } = {}) =>
    lookAtServed(
      { hostname: hostname as ServedRoute['hostname'] },
      { serial: certificate.serial, notAfter: endOf(certificate) },
      { tlsProbe: probeAt(port), policy: { edge: { hostname: 'edge.example', addresses } }, signal },
    )

  it('agrees while the recorded certificate is served', async () => {
    const route = await anHttpsRoute(HOSTNAME)
    await apply(route)
    expect(await compare(route.certificate as RouteCertificate)).toBeNull()
  })

  it('agrees on a wildcard, by a name below it that nobody has', async () => {
    const [wildcard, below] = [await anHttpsRoute('*.example.com'), await anHttpsRoute(HOSTNAME)]
    await apply(wildcard, below)
    expect(await compare(wildcard.certificate as RouteCertificate, { hostname: '*.example.com' })).toBeNull()
  })

  it('differs when an edge serves the one before, or none', async () => {
    const [before, recorded] = [await anHttpsRoute(HOSTNAME), await anEdgeCertificate(HOSTNAME)]
    await apply(before)
    const old = before.certificate as RouteCertificate
    expect(await compare(recorded)).toMatchObject({
      code: 'CERT_NOT_SERVED',
      expected: [`certificate ${recorded.serial}, good until ${endOf(recorded).toISOString()}`],
      observed: [`127.0.0.1: certificate ${old.serial}, good until ${endOf(old).toISOString()}`],
    })
    await apply()
    expect(await compare(recorded)).toMatchObject({ observed: ['127.0.0.1: no certificate'] })
  })

  it('asks every edge, and says nothing of one that does not answer', async () => {
    const [before, recorded] = [await anHttpsRoute(HOSTNAME), await anEdgeCertificate(HOSTNAME)]
    await apply(before)
    // Nothing listens on the second address.
    const because = await compare(recorded, { addresses: ['127.0.0.2', ADDRESS] })
    expect(because?.observed).toHaveLength(1)
    expect(await compare(recorded, { addresses: ['127.0.0.2'] })).toBeNull()
    expect(await compare(recorded, { addresses: [] })).toBeNull()
  })
})
