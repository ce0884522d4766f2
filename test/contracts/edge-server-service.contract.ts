import { once } from 'node:events'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { expect, describe, it } from 'vitest'
import { anEdgeCertificate } from '../builders/edge-certificate.ts'
import { anHttpRoute, anHttpsRoute, proxyTo, serviceOn } from '../builders/served-route.ts'
import { freePorts } from '../services/free-ports.ts'
import { startRecordingSite } from '../services/recording-site.ts'
import type { ApplyResult, ServedRoute, ServedService } from '@mooring/core'
import type { EdgeUnderTest } from './edge-server.contract.ts'
import { echoThroughUpgrade, recorded, visitHttp, visitHttps } from './edge-visit.ts'

const VISITS = 30

interface EdgeWithServices extends Omit<EdgeUnderTest, 'apply'> {
  apply(routes: ServedRoute[], services: ServedService[]): Promise<ApplyResult>
}

/** What every edge server does with names whose target is a service. */
export function testServices(edge: () => EdgeWithServices): void {
  describe('for a service', () => {
    const visitors = (hostname: string) =>
      Promise.all(
        Array.from({ length: VISITS }, () => visitHttp(edge().ports, hostname, { method: 'POST', body: 'x' })),
      )
    /** Which servers answered, by the port that they put into their answer. */
    const answering = async (hostname: string) =>
      new Set((await visitors(hostname)).map(({ status, headers }) => `${status} ${String(headers['x-port'])}`))

    it('spreads visitors over its servers, and passes over one that is gone', async () => {
      const { apply } = edge()
      const [a, b] = [await startRecordingSite(), await startRecordingSite()]
      try {
        const { action, service } = serviceOn('shops', a.port, b.port)
        expect(await apply([anHttpRoute('shop.example.com', { action })], [service])).toEqual({ rejected: [] })
        expect(await answering('shop.example.com')).toEqual(new Set([`200 ${a.port}`, `200 ${b.port}`]))
        await b.stop()
        expect(await answering('shop.example.com')).toEqual(new Set([`200 ${a.port}`]))
      } finally {
        await Promise.all([a.stop(), b.stop()])
      }
    })

    it('goes to other servers without a change of the routes that name it', async () => {
      const { site, ports, apply } = edge()
      const other = await startRecordingSite()
      try {
        const { action, service } = serviceOn('shops', site.port)
        const route = await anHttpsRoute('shop.example.com', { action })
        await apply([route], [service])
        expect(recorded(await visitHttps(ports, 'shop.example.com', { path: '/a?b' }))).toMatchObject({
          url: '/a?b',
          headers: { host: `shop.example.com:${ports.httpsPort}`, 'x-forwarded-for': '127.0.0.1' },
        })
        expect(await echoThroughUpgrade(ports, 'shop.example.com', 'hello')).toBe('hello')
        expect(await apply([route], [serviceOn('shops', other.port).service])).toEqual({ rejected: [] })
        const { status, headers } = await visitHttps(ports, 'shop.example.com')
        expect([status, headers['x-port']]).toEqual([200, String(other.port)])
      } finally {
        await other.stop()
      }
    })

    it('answers 502 where none of its servers does, and serves the others', async () => {
      const { site, ports, apply } = edge()
      const [closed] = (await freePorts(1)) as [number]
      const [nowhere, down] = [serviceOn('nowhere'), serviceOn('down', closed)]
      await apply(
        [
          anHttpRoute('nowhere.example.com', nowhere),
          anHttpRoute('down.example.com', down),
          anHttpRoute('unknown.example.com', serviceOn('unknown')),
          anHttpRoute('fine.example.com', { action: proxyTo(site.port) }),
        ],
        [down.service, nowhere.service],
      )
      const names = ['nowhere.example.com', 'down.example.com', 'unknown.example.com', 'fine.example.com']
      const answers = await Promise.all(names.map((hostname) => visitHttp(ports, hostname)))
      expect(answers.map(({ status }) => status)).toEqual([502, 502, 502, 200])
      expect(answers[0]?.body).toContain('does not answer')
    })

    it('asks for its name over https, and sends nothing to a server without a certificate for it', async () => {
      const { ports, apply } = edge()
      const { chainPem, keyPem } = await anEdgeCertificate('backend_1.internal')
      const asked: (string | undefined)[] = []
      const names: string[] = []
      const server = createHttpsServer(
        {
          cert: chainPem,
          key: keyPem,
          SNICallback: (name, callback) => {
            names.push(name)
            callback(null)
          },
        },
        ({ socket }, response) => {
          asked.push(String((socket as TLSSocket).servername))
          response.end('secret')
        },
      )
      server.on('tlsClientError', () => {})
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      try {
        const { port } = server.address() as AddressInfo
        const secure = { scheme: 'https', tlsName: 'backend_1.internal' } as const
        const { action, service } = serviceOn('secure', port)
        const route = anHttpRoute('secure.example.com', { action: { ...action, ...secure } as typeof action })
        expect(await apply([route], [{ ...service, ...secure }])).toEqual({ rejected: [] })
        // Nobody this machine trusts has signed it.
        expect((await visitHttp(ports, 'secure.example.com')).status).toBe(502)
        expect([names[0], asked]).toEqual(['backend_1.internal', []])
      } finally {
        server.closeAllConnections()
        server.close()
      }
    })
  })
}
