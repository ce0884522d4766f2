import { type DnsProviderName, applyRecords, planFor, removeRecords } from '@mooring/core'
import { afterEach, describe, expect, it } from 'vitest'
import { dnsProviderContract } from './dns-provider.contract.ts'
import type { HostAnswer } from './scripted-dns-hosts.ts'
import { failure } from './scripted-route53.ts'
import {
  type VendorUnderTest,
  problemOf,
  recordSet,
  startCloudflare,
  startDigitalOcean,
  startRoute53,
  zone,
} from './vendor-dns-hosts.ts'

const { signal } = new AbortController()
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function start<Started extends VendorUnderTest>(starting: Promise<Started>): Promise<Started> {
  const started = await starting
  stops.push(() => started.stop())
  return started
}

const shop = 'shop.example.com'

const vendors: [name: DnsProviderName, begin: (options?: { pageSize?: number }) => Promise<VendorUnderTest>][] = [
  ['cloudflare', startCloudflare],
  ['digitalocean', startDigitalOcean],
  ['route53', startRoute53],
]

for (const [name, begin] of vendors) dnsProviderContract(name, begin)

describe.each(vendors)('%s', (name, begin) => {
  it('goes through every page of a name', async () => {
    const { provider } = await start(begin({ pageSize: 2 }))
    const values = Array.from({ length: 5 }, (_, index) => `192.0.2.${index}`)
    await provider.upsert(zone, recordSet(shop, 'A', ...values), signal)
    await provider.upsert(zone, recordSet(shop, 'AAAA', '2001:db8::1'), signal)
    await provider.upsert(zone, recordSet(shop, 'TXT', 'v=spf1 -all'), signal)
    const sets = await provider.list(zone, shop, signal)
    expect(sets.map(({ type, values }) => [type, values.length])).toEqual([
      ['A', 5],
      ['AAAA', 1],
      ['TXT', 1],
    ])
  })

  it('reads a wildcard apart from the names below it', async () => {
    const { provider } = await start(begin())
    await provider.upsert(zone, recordSet('*.example.com', 'CNAME', 'edge.platform.example'), signal)
    await provider.upsert(zone, recordSet(shop, 'CNAME', 'other.platform.example'), signal)
    expect(await provider.list(zone, '*.example.com', signal)).toEqual([
      recordSet('*.example.com', 'CNAME', 'edge.platform.example'),
    ])
  })

  it('keeps a long text with quotes and backslashes whole', async () => {
    const { provider } = await start(begin())
    const value = `${'long '.repeat(100)}"quoted" \\ end`
    await provider.upsert(zone, recordSet(shop, 'TXT', value), signal)
    expect((await provider.list(zone, shop, signal))[0]?.values).toEqual([value])
  })

  it('lets a domain write its marked records, change them, and take them away again', async () => {
    const { provider } = await start(begin())
    const managed = { id: 'zone_1', name: zone, provider }
    const names = [shop, `*.${shop}`]
    const aliases = names.map((name) => recordSet(name, 'CNAME', 'edge.platform.example'))
    const addresses = names.map((name) => recordSet(name, 'A', '192.0.2.1'))
    for (const wanted of [aliases, addresses]) {
      expect(await applyRecords(managed, 'dom_1', wanted, signal)).toMatchObject({ kind: 'applied' })
      expect((await planFor(managed, 'dom_1', wanted, signal)).changes.map(({ kind }) => kind)).toEqual([
        'keep',
        'keep',
      ])
    }
    expect(await applyRecords(managed, 'dom_2', addresses, signal)).toMatchObject({ kind: 'conflict' })
    await removeRecords(managed, 'dom_1', names, signal)
    for (const name of [...names, `_mooring-owner.${shop}`, `_mooring-owner-wildcard.${shop}`]) {
      expect(await provider.list(zone, name, signal)).toEqual([])
    }
  })

  it('says that the operator must act when the credentials are refused', async () => {
    const { provider, stranger, host } = await start(begin())
    expect(await problemOf(stranger.list(zone, shop, signal))).toMatchObject({ kind: 'unauthorized' })
    host.next(name === 'route53' ? failure(403, 'AccessDenied', 'no') : { status: 403, body: {} })
    expect(await problemOf(provider.findZone(shop, signal))).toMatchObject({ kind: 'unauthorized' })
  })

  it("refuses in the vendor's own words", async () => {
    const { provider } = await start(begin())
    await provider.upsert(zone, recordSet(shop, 'CNAME', 'edge.platform.example'), signal)
    const problem = await problemOf(provider.upsert(zone, recordSet(shop, 'A', '192.0.2.1'), signal))
    const words: Partial<Record<DnsProviderName, unknown>> = {
      cloudflare: 'Cloudflare answered 400: An A, AAAA, or CNAME record with that host already exists. (81053)',
      digitalocean: 'DigitalOcean answered 422: CNAME records cannot share a name with other records',
      route53: expect.stringContaining('conflicting RRSet of type CNAME with the same DNS name already exists'),
    }
    expect(problem).toMatchObject({ kind: 'refused', message: words[name] })
  })

  it('refuses a zone that the account does not hold', async () => {
    const { provider } = await start(begin())
    expect(await provider.findZone('shop.example.org', signal)).toBeNull()
    expect(await problemOf(provider.list('example.org', 'shop.example.org', signal))).toMatchObject({ kind: 'refused' })
  })

  it.each<[string, HostAnswer]>([
    ['fails', { status: 500, body: 'Internal Server Error' }],
    ['answers with a page for people', { status: 200, body: '<html><p>Maintenance' }],
    ['answers with another document', { status: 200, body: '<html></html>' }],
    ['answers with something else', { status: 200, body: { hello: 'world' } }],
    ['sends elsewhere', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
  ])('is unavailable while the host %s', async (_, answer) => {
    const { provider, host } = await start(begin())
    host.next(answer)
    expect(await problemOf(provider.list(zone, shop, signal))).toMatchObject({ kind: 'unavailable' })
    expect(host.requests).toHaveLength(1)
    expect(await provider.list(zone, shop, signal)).toEqual([])
  })

  it('does not wait for a host that never answers', async () => {
    const { provider, host } = await start(begin())
    host.next({ status: 200, hangs: true })
    const problem = await problemOf(provider.list(zone, shop, AbortSignal.timeout(50)))
    expect(problem).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('cannot be reached') })
  })

  it('is unavailable when nobody listens', async () => {
    const { provider, host } = await begin()
    await host.stop()
    expect(await problemOf(provider.list(zone, shop, signal))).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })
})
