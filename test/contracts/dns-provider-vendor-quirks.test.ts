import type { DnsProvider } from '@mooring/core'
import { createCloudflareHost } from '@mooring/providers'
import { afterEach, describe, expect, it } from 'vitest'
import type { HostAnswer, ScriptedHost } from './scripted-dns-hosts.ts'
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

describe('limits', () => {
  const limited = async (provider: DnsProvider, host: ScriptedHost, answer: HostAnswer) => {
    host.next(answer)
    const problem = (await problemOf(provider.list(zone, shop, signal))) as { kind: string; retryAt: Date | null }
    expect(problem.kind).toBe('rate_limited')
    return problem.retryAt === null ? null : Math.round((problem.retryAt.getTime() - Date.now()) / 1000)
  }

  it('are waited out as long as the host asks', async () => {
    const [cloudflare, digitalocean] = [await start(startCloudflare()), await start(startDigitalOcean())]
    const retryAfter = { status: 429, headers: { 'retry-after': '90' }, body: {} }
    expect(await limited(cloudflare.provider, cloudflare.host, retryAfter)).toBe(90)
    expect(await limited(cloudflare.provider, cloudflare.host, { status: 429, body: {} })).toBeNull()
    expect(await limited(digitalocean.provider, digitalocean.host, retryAfter)).toBe(90)
    const reset = { 'ratelimit-reset': String(Math.round(Date.now() / 1000) + 600) }
    expect(await limited(digitalocean.provider, digitalocean.host, { status: 429, headers: reset, body: {} })).toBe(600)
  })

  it.each([
    ['Throttling', 'Rate exceeded'],
    ['PriorRequestNotComplete', 'The request was rejected because Route 53 was still processing a prior request.'],
  ])('of Route 53 pass in seconds: %s', async (code, message) => {
    const { provider, host } = await start(startRoute53())
    expect(await limited(provider, host, failure(400, code, message))).toBe(5)
  })
})

describe('an answer of 40 MB', () => {
  it('is not read to its end', async () => {
    const { provider, host } = await start(startCloudflare())
    host.next({ status: 200, body: { result: 'x'.repeat(40 * 1024 * 1024) } })
    const problem = await problemOf(provider.list(zone, shop, signal))
    expect(problem).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('more than 16777216 bytes') })
  })
})

describe('Cloudflare', () => {
  it('never lets its proxy stand before a record of ours', async () => {
    const { provider, host } = await start(startCloudflare())
    await provider.upsert(zone, recordSet(shop, 'CNAME', 'edge.platform.example'), signal)
    Object.assign(host.records[0] ?? {}, { proxied: true, ttl: 1 })
    expect(await provider.list(zone, shop, signal)).toMatchObject([{ ttlSeconds: 1 }])
    await provider.upsert(zone, recordSet(shop, 'CNAME', 'edge.platform.example'), signal)
    expect(host.records).toMatchObject([{ proxied: false, ttl: 300 }])
  })

  it('shows an automatic time to live as the 300 seconds it is', async () => {
    const { provider, host } = await start(startCloudflare())
    host.records.push({ id: '1', type: 'A', name: shop, content: '192.0.2.1', ttl: 1, proxied: false })
    expect(await provider.list(zone, shop, signal)).toEqual([recordSet(shop, 'A', '192.0.2.1')])
  })

  it('reads text with and without quotes', async () => {
    const { provider, host } = await start(startCloudflare())
    const text = { type: 'TXT', name: shop, ttl: 300, proxied: false }
    host.records.push({ ...text, id: '1', content: 'bare' }, { ...text, id: '2', content: '"in " "parts"' })
    expect((await provider.list(zone, shop, signal))[0]?.values).toEqual(['bare', 'in parts'])
  })

  it('takes a token of the wrong form for wrong credentials', async () => {
    const { host } = await start(startCloudflare())
    const provider = createCloudflareHost({ api_token: 'short' }, { url: host.url })
    expect(await problemOf(provider.findZone(shop, signal))).toMatchObject({
      kind: 'unauthorized',
      message: 'Cloudflare answered 400: Invalid request headers (6003)',
    })
  })

  it('asks for the id of a zone once, and again after a refusal', async () => {
    const { provider, host } = await start(startCloudflare())
    await provider.list(zone, shop, signal)
    await provider.list(zone, shop, signal)
    const lookups = () => host.requests.filter((request) => request.endsWith('/zones')).length
    expect(lookups()).toBe(1)
    host.next({ status: 404, body: {} })
    await problemOf(provider.list(zone, shop, signal))
    await provider.list(zone, shop, signal)
    expect(lookups()).toBe(2)
  })
})

describe('DigitalOcean', () => {
  it('writes names relative to the zone and aliases with a dot, and reads them back whole', async () => {
    const { provider, host } = await start(startDigitalOcean())
    await provider.upsert(zone, recordSet(shop, 'CNAME', zone), signal)
    await provider.upsert(zone, recordSet(zone, 'A', '192.0.2.1'), signal)
    expect(host.records).toMatchObject([
      { name: 'shop', data: '@' },
      { name: '@', data: '192.0.2.1' },
    ])
    expect(await provider.list(zone, shop, signal)).toEqual([recordSet(shop, 'CNAME', zone)])
    expect(await provider.list(zone, zone, signal)).toEqual([recordSet(zone, 'A', '192.0.2.1')])
  })

  it('rewrites a record rather than leaving the name without one', async () => {
    const { provider, host } = await start(startDigitalOcean())
    await provider.upsert(zone, recordSet(shop, 'CNAME', 'old.platform.example'), signal)
    await provider.upsert(zone, recordSet(shop, 'CNAME', 'edge.platform.example'), signal)
    expect(host.requests.filter((request) => !request.startsWith('GET'))).toEqual([
      'POST /v2/domains/example.com/records',
      expect.stringMatching(/^PUT \/v2\/domains\/example\.com\/records\/\d+$/),
    ])
  })
})

describe('Route 53', () => {
  it('shows an alias and weighted sets as records that stand there, and removes all of them', async () => {
    const { provider, host } = await start(startRoute53())
    host.sets.push(
      { name: `${shop}.`, type: 'A', values: [], alias: 'lb.eu-west-1.elb.amazonaws.com.' },
      { name: `${shop}.`, type: 'AAAA', ttl: 60, values: ['2001:db8::1'], identifier: 'one' },
      { name: `${shop}.`, type: 'AAAA', ttl: 300, values: ['2001:db8::2'], identifier: 'two' },
    )
    expect(await provider.list(zone, shop, signal)).toEqual([
      { ...recordSet(shop, 'A', 'alias of lb.eu-west-1.elb.amazonaws.com'), ttlSeconds: 60 },
      { ...recordSet(shop, 'AAAA', '2001:db8::1', '2001:db8::2'), ttlSeconds: 60 },
    ])
    await provider.remove(zone, { name: shop, type: 'AAAA' }, signal)
    expect(host.sets.map(({ type }) => type)).toEqual(['A'])
  })

  it('tells why a change is invalid, in either form of the answer', async () => {
    const { provider, host } = await start(startRoute53())
    const change = () => problemOf(provider.upsert(zone, recordSet(shop, 'A', '192.0.2.1'), signal))
    await provider.list(zone, shop, signal)
    host.next(failure(400, 'InvalidChangeBatch', '[It was not found]'))
    expect(await change()).toMatchObject({ kind: 'refused', message: expect.stringContaining('[It was not found]') })
    const namespace = 'https://route53.amazonaws.com/doc/2013-04-01/'
    const message = '<Messages><Message>It was not found</Message></Messages><RequestId>7a8b9c</RequestId>'
    host.next({ status: 400, body: `<InvalidChangeBatch xmlns="${namespace}">${message}</InvalidChangeBatch>` })
    expect(await change()).toMatchObject({
      kind: 'refused',
      message: 'Route 53 answered 400: It was not found',
    })
  })
})
