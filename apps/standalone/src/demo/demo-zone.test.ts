import { Resolver } from 'node:dns/promises'
import { createResolver } from '@mooring/providers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DemoZone, startDemoZone } from './demo-zone.ts'

let zone: DemoZone
const client = new Resolver({ timeout: 1000, tries: 1 })
beforeAll(async () => {
  zone = await startDemoZone(['customer.example', 'platform.example'])
  zone.add([
    { type: 'A', name: 'edge.platform.example', value: '127.0.0.1' },
    {
      type: 'TXT',
      name: '_mooring-challenge.shop.customer.example',
      value: 'token=abc expiry=2027-01-01T00:00:00.000Z',
    },
    { type: 'CNAME', name: 'shop.customer.example', value: 'edge.platform.example' },
  ])
  client.setServers([zone.server])
})
afterAll(() => zone.stop())

test('records that were added are answered', async () => {
  expect(await client.resolveTxt('_mooring-challenge.shop.customer.example')).toEqual([
    ['token=abc expiry=2027-01-01T00:00:00.000Z'],
  ])
  expect(await client.resolveCname('SHOP.customer.example')).toEqual(['edge.platform.example'])
})

test('a name behind a CNAME has the addresses of its target', async () => {
  expect(await client.resolve4('shop.customer.example')).toEqual(['127.0.0.1'])
})

test('a name without records does not exist, a type without records has no data, other zones are refused', async () => {
  await expect(client.resolveTxt('blog.customer.example')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  await expect(client.resolve6('edge.platform.example')).rejects.toMatchObject({ code: 'ENODATA' })
  await expect(client.resolve4('www.example.com')).rejects.toMatchObject({ code: 'EREFUSED' })
})

test('the zone tells its apex, its server and a serial that grows with every change', async () => {
  const before = await client.resolveSoa('customer.example')
  zone.add([{ type: 'A', name: 'new.customer.example', value: '127.0.0.1' }])
  const after = await client.resolveSoa('customer.example')
  expect(after).toMatchObject({ nsname: 'ns.customer.example', minttl: 5 })
  expect(after.serial).toBeGreaterThan(before.serial)
  expect(await client.resolveNs('customer.example')).toEqual(['ns.customer.example'])
})

test('a resolver finds the zone of a name that is not there', async () => {
  const resolver = createResolver({ servers: [zone.server] })
  const facts = { name: 'customer.example', nameServers: ['ns.customer.example'], dnssec: 'unsigned' }
  expect(await resolver.zoneOf('blog.customer.example')).toMatchObject({ ...facts, negativeTtlSeconds: 5 })
})
