import { HOLDING_PAGE } from '@mooring/core'
import { describe, expect, it } from 'vitest'
import { anEdgeCertificate } from '../builders/edge-certificate.ts'
import { anHttpRoute, anHttpsRoute, proxyTo } from '../builders/served-route.ts'
import type { EdgeUnderTest } from './edge-server.contract.ts'
import { echoThroughUpgrade, recorded, visitHttp, visitHttps } from './edge-visit.ts'

/** How every edge server tells a wildcard's names from others. */
export function testWildcards(edge: () => EdgeUnderTest): void {
  describe('for a wildcard', () => {
    const wild = '*.shop.example.com'

    it('serves every name one label below it, and tells the target which', async () => {
      const { ports, site, apply } = edge()
      const route = await anHttpsRoute(wild, { action: proxyTo(site.port) })
      expect(await apply(route)).toEqual({ rejected: [] })
      for (const hostname of ['a.shop.example.com', 'x-1_y.shop.example.com']) {
        const answer = await visitHttps(ports, hostname, { path: '/p' })
        expect(answer.serial).toBe(route.certificate?.serial)
        const authority = `${hostname}:${ports.httpsPort}`
        expect(recorded(answer)).toMatchObject({
          url: '/p',
          headers: { host: authority, 'x-forwarded-host': authority },
        })
        const plain = await visitHttp(ports, hostname, { path: '/p?q' })
        expect([plain.status, plain.headers.location]).toEqual([308, `https://${authority}/p?q`])
      }
      expect(await echoThroughUpgrade(ports, 'a.shop.example.com', 'hello')).toBe('hello')
    })

    it('leaves its base and deeper names alone', async () => {
      const { ports, apply } = edge()
      await apply(await anHttpsRoute(wild))
      for (const hostname of ['shop.example.com', 'a.b.shop.example.com', 'a.shop.example.org', 'ashop.example.com']) {
        await expect(visitHttps(ports, hostname), hostname).rejects.toThrow()
        expect((await visitHttp(ports, hostname)).status, hostname).toBe(421)
        expect((await visitHttps(ports, 'a.shop.example.com', { host: hostname })).status, hostname).toBe(421)
      }
    })

    it('does not answer one of its names over a connection made for another', async () => {
      const { ports, apply } = edge()
      await apply(await anHttpsRoute(wild))
      expect((await visitHttps(ports, 'a.shop.example.com', { host: 'b.shop.example.com' })).status).toBe(421)
    })

    it('comes after a name of its own', async () => {
      const { ports, site, apply } = edge()
      const [under, own] = [
        await anHttpsRoute(wild, { action: proxyTo(site.port) }),
        await anHttpsRoute('own.shop.example.com'),
      ]
      for (const order of [
        [under, own],
        [own, under],
      ]) {
        expect(await apply(...order)).toEqual({ rejected: [] })
        const [a, b] = [await visitHttps(ports, 'a.shop.example.com'), await visitHttps(ports, 'own.shop.example.com')]
        expect([a.serial, a.status]).toEqual([under.certificate?.serial, 200])
        expect([b.serial, b.status]).toEqual([own.certificate?.serial, 503])
      }
      // Without its own route the name is the wildcard's again, and that is proved like any change.
      expect(await apply(under)).toEqual({ rejected: [] })
      expect((await visitHttps(ports, 'own.shop.example.com')).serial).toBe(under.certificate?.serial)
    })

    it('comes after a name that has no certificate yet, on both ports', async () => {
      const { ports, site, apply } = edge()
      const under = await anHttpsRoute(wild)
      await apply(under, anHttpRoute('early.shop.example.com', { action: proxyTo(site.port) }))
      expect((await visitHttp(ports, 'early.shop.example.com')).status).toBe(200)
      await expect(visitHttps(ports, 'early.shop.example.com')).rejects.toThrow()
      expect((await visitHttps(ports, 'a.shop.example.com', { host: 'early.shop.example.com' })).status).toBe(421)
      expect((await visitHttps(ports, 'a.shop.example.com')).serial).toBe(under.certificate?.serial)
    })

    it('is served over plain HTTP as long as it has no certificate, and forgotten when it is removed', async () => {
      const { ports, site, apply } = edge()
      const stays = await anHttpsRoute('stays.example.com')
      expect(await apply(stays, anHttpRoute(wild, { action: proxyTo(site.port) }))).toEqual({ rejected: [] })
      expect((await visitHttp(ports, 'a.shop.example.com')).status).toBe(200)
      await expect(visitHttps(ports, 'a.shop.example.com')).rejects.toThrow()
      expect(await apply(stays)).toEqual({ rejected: [] })
      expect((await visitHttp(ports, 'a.shop.example.com')).status).toBe(421)
    })

    it.each(['shop.example.com', 'mooring-probe.shop.example.com', '*.example.com', 'm*.shop.example.com'])(
      'needs a certificate that is for it, not for %s',
      async (name) => {
        const { apply } = edge()
        const route = await anHttpsRoute(wild, { certificate: await anEdgeCertificate(name) })
        const { rejected } = await apply(route)
        expect(rejected).toMatchObject([{ domainId: route.domainId, detail: expect.stringContaining(wild) }])
      },
    )

    it('renews its certificate and holds like any name', async () => {
      const { ports, apply } = edge()
      const before = await anHttpsRoute(wild)
      await apply(before)
      const after = await anHttpsRoute(wild, { domainId: before.domainId, action: { type: 'holding' } })
      expect(await apply(after)).toEqual({ rejected: [] })
      const answer = await visitHttps(ports, 'any.shop.example.com')
      expect([answer.serial, answer.status, answer.body]).toEqual([after.certificate?.serial, 503, HOLDING_PAGE])
    })
  })
}
