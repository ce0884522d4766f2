import { HOLDING_PAGE, HOLDING_RETRY_SECONDS, type ServedRoute } from '@mooring/core'
import { describe, expect, it } from 'vitest'
import { anHttpRoute, anHttpsRoute, proxyTo } from '../builders/served-route.ts'
import type { EdgeUnderTest } from './edge-server.contract.ts'
import { visitHttp, visitHttps } from './edge-visit.ts'

/** What every edge server does for a suspended name. */
export function testHolding(edge: () => EdgeUnderTest): void {
  describe('for a suspended name', () => {
    const holding: ServedRoute['action'] = { type: 'holding' }
    const expected = {
      status: 503,
      body: HOLDING_PAGE,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-length': String(HOLDING_PAGE.length),
        'retry-after': String(HOLDING_RETRY_SECONDS),
        'cache-control': 'no-store',
      },
    }

    it('answers every path and method with the holding page, over HTTPS', async () => {
      const { ports, apply } = edge()
      const route = await anHttpsRoute('held.example.com', { action: holding })
      expect(await apply(route)).toEqual({ rejected: [] })
      for (const path of ['/', '/cart?item=1', '/logo.png', '/api/v1/orders.json', '/.well-known/security.txt', '//']) {
        expect(await visitHttps(ports, 'held.example.com', { path }), path).toMatchObject(expected)
      }
      const asked = { path: '/api', headers: { accept: 'application/json' } }
      const posted = await visitHttps(ports, 'held.example.com', { ...asked, method: 'POST', body: '{"a":1}' })
      expect(posted).toMatchObject(expected)
      const head = await visitHttps(ports, 'held.example.com', { method: 'HEAD' })
      expect(head).toMatchObject({ ...expected, body: '' })
      const upgrade = { connection: 'Upgrade', upgrade: 'websocket' }
      expect(await visitHttps(ports, 'held.example.com', { headers: upgrade })).toMatchObject(expected)
      expect((await visitHttps(ports, 'held.example.com')).serial).toBe(route.certificate?.serial)
    })

    it('answers so over HTTP where it has no certificate, and leads to HTTPS where it has', async () => {
      const { ports, apply } = edge()
      await apply(
        anHttpRoute('held-early.example.com', { action: holding }),
        await anHttpsRoute('held.example.com', { action: holding }),
      )
      expect(await visitHttp(ports, 'held-early.example.com', { path: '/a.css' })).toMatchObject(expected)
      expect((await visitHttp(ports, 'held.example.com', { path: '/a?b' })).headers.location).toBe(
        `https://held.example.com:${ports.httpsPort}/a?b`,
      )
    })

    it('goes on answering challenges and its health path', async () => {
      const { ports, apply } = edge()
      await apply(
        anHttpRoute('held-early.example.com', { action: holding }),
        await anHttpsRoute('held.example.com', { action: holding }),
      )
      for (const hostname of ['held-early.example.com', 'held.example.com']) {
        const challenge = await visitHttp(ports, hostname, { path: '/.well-known/acme-challenge/token-2' })
        expect(challenge.body).toBe(`token-2 for ${hostname}, cookie: none`)
        const health = await visitHttp(ports, hostname, { path: '/.well-known/mooring/health' })
        expect([health.status, health.headers['mooring-route']]).toEqual([200, expect.any(String)])
      }
    })

    it('holds and resumes under the same certificate', async () => {
      const { ports, site, apply } = edge()
      const serves = await anHttpsRoute('paused.example.com', { action: proxyTo(site.port) })
      const statuses: number[] = []
      for (const action of [serves.action, holding, serves.action]) {
        expect(await apply({ ...serves, action })).toEqual({ rejected: [] })
        const answer = await visitHttps(ports, 'paused.example.com')
        expect(answer.serial).toBe(serves.certificate?.serial)
        statuses.push(answer.status)
      }
      expect(statuses).toEqual([200, 503, 200])
    })
  })
}
