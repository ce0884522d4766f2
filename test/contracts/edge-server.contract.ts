import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ApplyResult, EdgeServer, ServedRoute } from '@mooring/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anEdgeCertificate } from '../builders/edge-certificate.ts'
import { anHttpRoute, anHttpsRoute, proxyTo } from '../builders/served-route.ts'
import { freePorts } from '../services/free-ports.ts'
import { type RecordingSite, startRecordingSite } from '../services/recording-site.ts'
import { testHolding } from './edge-server-holding.contract.ts'
import { testServices } from './edge-server-service.contract.ts'
import { testWildcards } from './edge-server-wildcard.contract.ts'
import { type Ports, echoThroughUpgrade, recorded, refusesNameless, visitHttp, visitHttps } from './edge-visit.ts'

/** What a suite makes a server from; it listens on 127.0.0.1. */
export interface EdgeServerSettings extends Ports {
  publicHttpsPort: number
  controlPlaneUrl: URL
}

/** What the parts of the suite share. */
export interface EdgeUnderTest {
  ports: Ports
  /** Behind `proxyTo(site.port)`. */
  site: RecordingSite
  /** Makes exactly these routes served. */
  apply(...routes: ServedRoute[]): Promise<ApplyResult>
}

/** Every implementation of `EdgeServer` passes this. */
export function testEdgeServer(name: string, make: (settings: EdgeServerSettings) => Promise<EdgeServer>): void {
  describe(`an edge server: ${name}`, () => {
    let server: EdgeServer
    let ports: Ports
    let site: RecordingSite
    let controlPlane: { url: URL; stop(): void }
    let generation = 0
    const apply = (...routes: ServedRoute[]) => server.apply(routes, ++generation)

    beforeAll(async () => {
      const [httpPort, httpsPort] = (await freePorts(2)) as [number, number]
      ports = { httpPort, httpsPort }
      site = await startRecordingSite()
      controlPlane = await startControlPlane()
      server = await make({ ...ports, publicHttpsPort: httpsPort, controlPlaneUrl: controlPlane.url })
      await server.start()
    })
    afterAll(async () => {
      await server?.stop()
      await site?.stop()
      controlPlane?.stop()
    })

    it('serves a name over HTTPS with its own certificate once apply resolves', async () => {
      const [a, b] = [
        await anHttpsRoute('a.example.com', { action: proxyTo(site.port) }),
        await anHttpsRoute('b.example.com'),
      ]
      expect(await apply(a, b)).toEqual({ rejected: [] })
      const answers = [await visitHttps(ports, 'a.example.com'), await visitHttps(ports, 'b.example.com')]
      expect(answers.map(({ serial }) => serial)).toEqual([a.certificate?.serial, b.certificate?.serial])
      expect(answers.map(({ status }) => status)).toEqual([200, 503])
    })

    it('serves a name over plain HTTP as long as it has no certificate', async () => {
      await apply(anHttpRoute('early.example.com', { action: proxyTo(site.port) }))
      const answer = await visitHttp(ports, 'early.example.com', { path: '/a?b=c' })
      expect(recorded(answer)).toMatchObject({ url: '/a?b=c', headers: { 'x-forwarded-proto': 'http' } })
      await expect(visitHttps(ports, 'early.example.com')).rejects.toThrow()
    })

    it('sends visitors from HTTP to HTTPS with path, query and port kept', async () => {
      await apply(await anHttpsRoute('moved.example.com', { action: proxyTo(site.port) }))
      const answer = await visitHttp(ports, 'moved.example.com', { path: '/cart?item=1&x=%20$y', method: 'POST' })
      expect(answer.status).toBe(308)
      expect(answer.headers.location).toBe(`https://moved.example.com:${ports.httpsPort}/cart?item=1&x=%20$y`)
    })

    it('refuses a handshake for an unknown name, and one without a name', async () => {
      await apply(await anHttpsRoute('known.example.com'))
      await expect(visitHttps(ports, 'unknown.example.com')).rejects.toThrow()
      expect(await refusesNameless(ports)).toBe(true)
    })

    it('answers an unknown Host with 421, and so a known Host over another name’s connection', async () => {
      await apply(
        await anHttpsRoute('one.example.com'),
        await anHttpsRoute('two.example.com', { action: proxyTo(site.port) }),
      )
      expect((await visitHttp(ports, 'unknown.example.com')).status).toBe(421)
      expect((await visitHttps(ports, 'one.example.com', { host: 'unknown.example.com' })).status).toBe(421)
      expect((await visitHttps(ports, 'one.example.com', { host: 'two.example.com' })).status).toBe(421)
    })

    it('forgets a removed name on both ports', async () => {
      const [stays, goes] = [await anHttpsRoute('stays.example.com'), await anHttpsRoute('goes.example.com')]
      await apply(stays, goes)
      await apply(stays)
      await expect(visitHttps(ports, 'goes.example.com')).rejects.toThrow()
      expect((await visitHttp(ports, 'goes.example.com')).status).toBe(421)
      expect((await visitHttps(ports, 'stays.example.com')).status).toBe(503)
    })

    it('redirects to the target’s URL with the target’s status', async () => {
      const url = 'https://www.example.org/new?from=%24old&a=1'
      await apply(await anHttpsRoute('old.example.com', { action: { type: 'redirect', url, status: 302 } }))
      const answer = await visitHttps(ports, 'old.example.com', { path: '/deep' })
      expect([answer.status, answer.headers.location]).toEqual([302, url])
    })

    it('answers 502 for a target without addresses or one that is down, and goes on serving the others', async () => {
      const [closed] = (await freePorts(1)) as [number]
      const unresolved: ServedRoute['action'] = {
        type: 'proxy',
        upstream: { scheme: 'http', host: 'gone.example.com', port: 80, addresses: [] },
      }
      await apply(
        await anHttpsRoute('gone.example.com', { action: unresolved }),
        await anHttpsRoute('down.example.com', { action: proxyTo(closed) }),
        await anHttpsRoute('up.example.com', { action: proxyTo(site.port) }),
      )
      const names = ['gone.example.com', 'down.example.com', 'up.example.com']
      const answers = await Promise.all(names.map((hostname) => visitHttps(ports, hostname)))
      expect(answers.map(({ status }) => status)).toEqual([502, 502, 200])
      expect(answers[0]?.body).toContain('does not answer')
    })

    it('tells the target about the visitor itself, whatever the visitor claims', async () => {
      await apply(await anHttpsRoute('honest.example.com', { action: proxyTo(site.port) }))
      const lies = {
        'x-forwarded-for': '6.6.6.6',
        'x-forwarded-host': 'evil.example.com',
        'x-forwarded-proto': 'gopher',
        'x-forwarded-port': '1',
        'x-real-ip': '6.6.6.6',
        forwarded: 'for=6.6.6.6',
        'true-client-ip': '6.6.6.6',
        'x-original-url': '/admin',
      }
      const answer = await visitHttps(ports, 'honest.example.com', { headers: { ...lies, 'x-own': 'kept' } })
      const authority = `honest.example.com:${ports.httpsPort}`
      const { headers } = recorded(answer)
      expect(headers).toMatchObject({
        host: authority,
        'x-own': 'kept',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-host': authority,
        'x-forwarded-proto': 'https',
        'x-forwarded-port': String(ports.httpsPort),
        'x-real-ip': '127.0.0.1',
      })
      expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['forwarded']))
      expect(JSON.stringify(headers)).not.toMatch(/6\.6\.6\.6|evil|gopher|admin/)
    })

    it('passes bodies and websockets on', async () => {
      await apply(await anHttpsRoute('talks.example.com', { action: proxyTo(site.port) }))
      const body = 'x'.repeat(300_000)
      const answer = await visitHttps(ports, 'talks.example.com', { method: 'POST', body })
      expect(recorded(answer)).toMatchObject({ method: 'POST', body })
      expect(await echoThroughUpgrade(ports, 'talks.example.com', 'hello')).toBe('hello')
    })

    it('lets the control plane answer challenges, for every name and without the visitor’s headers', async () => {
      await apply(anHttpRoute('new.example.com'), await anHttpsRoute('known.example.com'))
      for (const hostname of ['new.example.com', 'known.example.com', 'unknown.example.com']) {
        const answer = await visitHttp(ports, hostname, {
          path: '/.well-known/acme-challenge/token-1',
          headers: { cookie: 'secret=1' },
        })
        expect(answer.body).toBe(`token-1 for ${hostname}, cookie: none`)
      }
    })

    it('answers its health path for known and unknown names', async () => {
      await apply(await anHttpsRoute('well.example.com'))
      const path = '/.well-known/mooring/health'
      expect((await visitHttp(ports, 'balancer.example.com', { path })).status).toBe(200)
      expect((await visitHttps(ports, 'well.example.com', { path })).status).toBe(200)
    })

    it('replaces a certificate that changed', async () => {
      const before = await anHttpsRoute('renewed.example.com')
      await apply(before)
      const after = await anHttpsRoute('renewed.example.com', { domainId: before.domainId })
      await apply(after)
      expect((await visitHttps(ports, 'renewed.example.com')).serial).toBe(after.certificate?.serial)
    })

    it('rejects one broken pair among ten good ones by name, and keeps its last good version', async () => {
      const good = await Promise.all(Array.from({ length: 10 }, (_, i) => anHttpsRoute(`good-${i}.example.com`)))
      const before = await anHttpsRoute('breaks.example.com')
      await apply(...good, before)
      const { keyPem } = await anEdgeCertificate('breaks.example.com')
      const certificate = { ...(await anEdgeCertificate('breaks.example.com')), keyPem }
      const broken = await anHttpsRoute('breaks.example.com', { domainId: before.domainId, certificate })
      const more = await anHttpsRoute('good-10.example.com')

      const { rejected } = await apply(...good, more, broken)

      expect(rejected).toMatchObject([{ domainId: broken.domainId, generation: broken.generation }])
      expect(rejected[0]?.detail).toMatch(/key/)
      expect((await visitHttps(ports, 'breaks.example.com')).serial).toBe(before.certificate?.serial)
      expect((await visitHttps(ports, 'good-10.example.com')).serial).toBe(more.certificate?.serial)
      expect((await visitHttps(ports, 'good-3.example.com')).status).toBe(503)
    })

    it('rejects a certificate that is for another name or has another serial', async () => {
      const other = await anHttpsRoute('other.example.com', {
        certificate: await anEdgeCertificate('else.example.com'),
      })
      const certificate = { ...(await anEdgeCertificate('serial.example.com')), serial: 'ABCDEF' }
      const serial = await anHttpsRoute('serial.example.com', { certificate })
      const { rejected } = await apply(other, serial)
      expect(rejected.map(({ domainId }) => domainId).sort()).toEqual([other.domainId, serial.domainId].sort())
      await expect(visitHttps(ports, 'other.example.com')).rejects.toThrow()
    })

    it('serves the newer of two routes for one name', async () => {
      const [older, newer] = [await anHttpsRoute('twice.example.com'), await anHttpsRoute('twice.example.com')]
      const { rejected } = await apply(older, newer)
      expect(rejected.map(({ domainId }) => domainId)).toEqual([older.domainId])
      expect((await visitHttps(ports, 'twice.example.com')).serial).toBe(newer.certificate?.serial)
    })

    it('serves a name that moved to another domain from the new one only', async () => {
      const old = await anHttpsRoute('moves.example.com', { action: proxyTo(site.port) })
      await apply(old)
      const taken = await anHttpsRoute('moves.example.com')
      // The new one arrives before the old one's removal; both are there for a moment.
      const { rejected } = await apply(taken, old)
      expect(rejected).toEqual([
        { domainId: old.domainId, generation: old.generation, detail: expect.stringContaining('moves.example.com') },
      ])
      for (const order of [[taken], [taken, old], [old, taken]]) {
        await apply(...order)
        const answer = await visitHttps(ports, 'moves.example.com')
        expect([answer.serial, answer.status]).toEqual([taken.certificate?.serial, 503])
      }
      const plain = anHttpRoute('moves.example.com', { action: proxyTo(site.port) })
      expect(await apply(plain)).toEqual({ rejected: [] })
      expect((await visitHttp(ports, 'moves.example.com')).status).toBe(200)
    })

    it('does not go back to the former domain of a name when the new one’s route cannot be served', async () => {
      const old = await anHttpsRoute('lost.example.com')
      await apply(old)
      const broken = await anHttpsRoute('lost.example.com', { certificate: await anEdgeCertificate('x.example.com') })
      expect((await apply(broken)).rejected).toMatchObject([{ domainId: broken.domainId }])
      await expect(visitHttps(ports, 'lost.example.com')).rejects.toThrow()
    })

    testHolding(() => ({ ports, site, apply }))
    testWildcards(() => ({ ports, site, apply }))
    testServices(() => ({
      ports,
      site,
      apply: (routes, services) => server.apply(routes, ++generation, services),
    }))

    it('takes applies that overlap one after the other, and ends with the last', async () => {
      const routes = await Promise.all([0, 1, 2].map((i) => anHttpsRoute(`overlap-${i}.example.com`)))
      await Promise.all(routes.map((_, i) => apply(...routes.slice(0, i + 1))))
      for (const { hostname, certificate } of routes) {
        expect((await visitHttps(ports, hostname)).serial).toBe(certificate?.serial)
      }
    })
  })
}

/** Answers challenges with what it was asked. */
async function startControlPlane(): Promise<{ url: URL; stop(): void }> {
  const server = createServer(({ url = '', headers }, response) => {
    response.end(`${url.split('/').at(-1)} for ${headers.host}, cookie: ${headers.cookie ?? 'none'}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
