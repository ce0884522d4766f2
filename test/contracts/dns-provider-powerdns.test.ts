import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { DnsProvider } from '@mooring/core'
import { createDnsProvider } from '@mooring/providers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askDns } from '../services/ask-dns.ts'
import { startNamed } from '../services/named.ts'
import { type PowerDns, startPowerDns } from '../services/powerdns.ts'
import type { Running } from '../services/provide.ts'
import { dnsProviderContract } from './dns-provider.contract.ts'
import { readFrom } from './read-served.ts'

const zone = 'platform.example'
const open = (url: string, api_key: string, server_id = 'localhost'): DnsProvider =>
  createDnsProvider({ provider: 'powerdns', url, server_id, credentials: { api_key } })

dnsProviderContract('PowerDNS', async () => {
  const pdns = await startPowerDns()
  const { apiUrl, apiKey, dnsServer } = pdns.address
  await pdns.address.createZone(zone)
  return {
    zone,
    provider: open(apiUrl, apiKey),
    stranger: open(apiUrl, 'another-key'),
    gone: open('http://127.0.0.1:1', apiKey),
    served: readFrom(dnsServer),
    stop: pdns.stop,
  }
})

describe('PowerDNS', () => {
  const { signal } = new AbortController()
  let pdns: Running<PowerDns>
  let provider: DnsProvider
  beforeAll(async () => {
    pdns = await startPowerDns()
    await pdns.address.createZone(zone)
    await pdns.address.createZone(`eu.${zone}`)
    provider = open(`${pdns.address.apiUrl}/`, pdns.address.apiKey)
  })
  afterAll(() => pdns?.stop())

  it('may have a zone below a zone: the longest holds the name', async () => {
    expect(await provider.findZone(`shop.eu.${zone}`, signal)).toBe(`eu.${zone}`)
    expect(await provider.findZone(`eu.${zone}`, signal)).toBe(`eu.${zone}`)
    expect(await provider.findZone(`shop.${zone}`, signal)).toBe(zone)
  })

  it('refuses in its own words', async () => {
    await pdns.address.setRecords(`mail.${zone}`, 'MX', [`10 mx.${zone}`])
    const alias = { name: `mail.${zone}`, type: 'CNAME' as const, ttlSeconds: 60, values: ['edge.example'] }
    await expect(provider.upsert(zone, alias, signal)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/^PowerDNS answered 422: .*Conflicts with/),
    })
    await expect(provider.list('other.example', 'www.other.example', signal)).rejects.toMatchObject({ kind: 'refused' })
    const elsewhere = open(pdns.address.apiUrl, pdns.address.apiKey, 'another')
    await expect(elsewhere.findZone(`shop.${zone}`, signal)).rejects.toMatchObject({ kind: 'refused' })
  })

  it('leaves records of other types, and of names beside, as they are', async () => {
    await pdns.address.setRecords(`office.${zone}`, 'MX', [`10 mx.${zone}`])
    const set = { name: `office.${zone}`, type: 'TXT' as const, ttlSeconds: 60, values: ['ours'] }
    await provider.upsert(zone, set, signal)
    expect(await provider.list(zone, set.name, signal)).toEqual([set])
    await provider.remove(zone, set, signal)
    expect(await provider.list(zone, set.name, signal)).toEqual([])
    const mail = new Resolver()
    mail.setServers([pdns.address.dnsServer])
    expect(await mail.resolveMx(set.name)).toMatchObject([{ priority: 10, exchange: `mx.${zone}` }])
  })

  it('keeps a signed zone signed', async () => {
    const [ds = ''] = await pdns.address.secureZone(`eu.${zone}`)
    const set = { name: `shop.eu.${zone}`, type: 'A' as const, ttlSeconds: 60, values: ['192.0.2.1'] }
    await provider.upsert(`eu.${zone}`, set, signal)
    const resolver = await startNamed({
      recursive: { stubs: { [`eu.${zone}`]: pdns.address.dnsServer }, trustAnchors: [{ zone: `eu.${zone}`, ds }] },
    })
    const answer = await askDns(resolver.address.dnsServer, set.name, 'A').finally(resolver.stop)
    expect(answer).toMatchObject({ rcode: 'NOERROR', validated: true, answers: 1 })
  })

  it('is unavailable while it answers nothing', async () => {
    const silent = createServer(() => {})
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const hanging = open(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`, 'key')
    const given = AbortSignal.timeout(200)
    await expect(hanging.findZone(`shop.${zone}`, given)).rejects.toMatchObject({ kind: 'unavailable' })
    silent.close()
  })
})
