import { describe, expect, it } from 'vitest'
import type { Hostname } from '../domain/hostname.ts'
import { newDomainId } from '../ids.ts'
import type { Route } from './route.ts'
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
    ['an unknown target', { target: { type: 'exec' } as never }],
  ])('name the route with %s and keep the others', (_, facts) => {
    const [good, bad] = [aRoute(), aRoute(facts)]
    const answer = travel(good, bad)
    expect(answer).toMatchObject({
      value: { update: { routes: [good] }, malformed: [{ domainId: bad.domainId, generation: bad.generation }] },
    })
  })

  it('are refused as a whole when they are not updates', () => {
    for (const json of [null, [], {}, { generation: -1, routes: [] }, { generation: 1, routes: [{}] }]) {
      expect(parseRouteUpdate(json)).toMatchObject({ ok: false, code: 'UPDATE_MALFORMED' })
    }
  })
})
