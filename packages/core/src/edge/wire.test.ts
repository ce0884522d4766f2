import { describe, expect, it } from 'vitest'
import type { Hostname } from '../domain/hostname.ts'
import { newDomainId } from '../ids.ts'
import type { Route } from './route.ts'
import type { EdgeService } from './service.ts'
import { encodeRouteUpdate, parseRouteUpdate } from './wire.ts'

const pem = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`

const aRoute = (facts: Partial<Route> = {}): Route => ({
  domainId: newDomainId(),
  hostname: 'shop.example.com' as Hostname,
  generation: 7,
  variant: 'https',
  target: { type: 'proxy', url: 'http://192.0.2.1:8080' },
  certificate: { id: 'crt_1', serial: '0AFF', chainPem: pem('CERTIFICATE'), keyPem: pem('PRIVATE KEY') },
  ...facts,
})

const travel = (...routes: Route[]) =>
  parseRouteUpdate(JSON.parse(JSON.stringify(encodeRouteUpdate({ generation: 9, routes }))))

describe('route updates on the wire', () => {
  it('arrive as they were sent', () => {
    const routes = [
      aRoute(),
      aRoute({ variant: 'removed', certificate: null }),
      aRoute({ hostname: 'demo.customer.test' as Hostname }),
      aRoute({ hostname: '*.shop.example.com' as Hostname, target: { type: 'holding' } }),
    ]
    expect(travel(...routes)).toEqual({ ok: true, value: { update: { generation: 9, routes }, malformed: [] } })
  })

  it.each<[string, Partial<Route>]>([
    ['a hostname that is not one', { hostname: 'a.example.com;' as Hostname }],
    ['a hostname in another form', { hostname: 'A.example.com' as Hostname }],
    ['an asterisk inside', { hostname: 'a.*.example.com' as Hostname }],
    ['a wildcard over a folder', { hostname: '*.../example.com' as Hostname }],
    ['a serial that leaves its folder', { certificate: { ...aRoute().certificate!, serial: '../../etc' } }],
    ['a key that is not PEM', { certificate: { ...aRoute().certificate!, keyPem: 'ssl_engine' } }],
    ['a service by no such name', { target: { type: 'proxy', service: 'a;b' } }],
    ['an unknown target', { target: { type: 'exec' } as never }],
  ])('name the route with %s and keep the others', (_, facts) => {
    const [good, bad] = [aRoute(), aRoute(facts)]
    const answer = travel(good, bad)
    expect(answer).toMatchObject({
      value: { update: { routes: [good] }, malformed: [{ domainId: bad.domainId, generation: bad.generation }] },
    })
  })

  it('bring services, and leave out the one that is not well-formed', () => {
    const services: EdgeService[] = [
      {
        name: 'shop-api',
        scheme: 'https',
        servers: [
          { host: '10.0.0.5', port: 8443 },
          { host: 'fd00::1', port: 443 },
          { host: 'web_2', port: 80 },
        ],
        tlsName: 'shop.internal',
        health: { path: '/healthz?full=1', intervalSeconds: 5 },
      },
      { name: 'blog', scheme: 'http', servers: [], tlsName: null, health: null },
    ]
    const route = aRoute({ target: { type: 'proxy', service: 'shop-api' } })
    const json = JSON.parse(JSON.stringify(encodeRouteUpdate({ generation: 9, routes: [route], services })))
    const sound = { ok: true, value: { update: { generation: 9, routes: [route], services }, malformed: [] } }
    expect(parseRouteUpdate(json)).toEqual(sound)
    const [shop] = json.services
    const broken = [
      { ...shop, name: 'a;b' },
      { ...shop, servers: ['169.254.169.254:80'] },
      { ...shop, servers: ['a;}:80'] },
      { ...shop, tls_name: 'a b' },
      { ...shop, health: { path: '/a\n', interval_seconds: 5 } },
      null,
    ]
    expect(parseRouteUpdate({ ...json, services: [...broken, ...json.services] })).toEqual(sound)
    const newer = json.services.map((service: object) => ({ ...service, weight: 3 }))
    expect(parseRouteUpdate({ ...json, services: newer }), 'of a release to come').toEqual(sound)
  })

  it('are refused as a whole when they are not updates', () => {
    for (const json of [null, [], {}, { generation: -1, routes: [] }, { generation: 1, routes: [{}] }]) {
      expect(parseRouteUpdate(json)).toMatchObject({ ok: false, code: 'UPDATE_MALFORMED' })
    }
  })
})
