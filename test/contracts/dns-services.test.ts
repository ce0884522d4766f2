import { existsSync } from 'node:fs'
import { Resolver } from 'node:dns/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { askDns } from '../services/ask-dns.ts'
import { freePortAtEach } from '../services/free-ports.ts'
import { startNamed } from '../services/named.ts'
import { startPowerDns } from '../services/powerdns.ts'
import type { Running } from '../services/provide.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function running<Address>(starting: Promise<Running<Address>>): Promise<Address> {
  const started = await starting
  stops.push(started.stop)
  return started.address
}

function at(dnsServer: string): Resolver {
  const resolver = new Resolver({ timeout: 1000, tries: 2 })
  resolver.setServers([dnsServer])
  return resolver
}

describe('PowerDNS', () => {
  it('serves what was set, at once, and no longer what was deleted', async () => {
    const pdns = await running(startPowerDns())
    await pdns.createZone('example.com', { nameServers: ['ns1.example.net'] })
    await pdns.setRecords('www.example.com', 'CNAME', ['edge.platform.example'])
    await pdns.setRecords('example.com', 'TXT', ['say "a\\b"; é', 'x'.repeat(600), ['in ', 'parts']])
    const dns = at(pdns.dnsServer)

    expect(await dns.resolveNs('example.com')).toEqual(['ns1.example.net'])
    expect(await dns.resolveCname('www.example.com')).toEqual(['edge.platform.example'])
    const texts = await dns.resolveTxt('example.com')
    expect(new Set(texts.map((strings) => strings.length))).toEqual(new Set([1, 2, 3]))
    expect(texts).toContainEqual(['in ', 'parts'])

    const before = await pdns.serialOf('example.com')
    await pdns.setRecords('www.example.com', 'CNAME', ['other.platform.example'])
    expect(await dns.resolveCname('www.example.com')).toEqual(['other.platform.example'])
    expect(await pdns.serialOf('example.com')).toBe(before + 1)
    await pdns.deleteRecords('www.example.com', 'CNAME')
    await expect(dns.resolveCname('www.example.com')).rejects.toMatchObject({ code: 'ENOTFOUND' })
    expect(await askDns(pdns.dnsServer, 'other.example.org', 'A')).toMatchObject({ rcode: 'REFUSED' })
  })

  it('can disagree with a second server of the same zone', async () => {
    const port = await freePortAtEach(['127.0.11.1', '127.0.11.2'])
    const servers = await Promise.all(
      ['127.0.11.1', '127.0.11.2'].map((address) => running(startPowerDns({ address, port }))),
    )
    for (const [index, server] of servers.entries()) {
      await server.createZone('example.com')
      await server.setRecords('example.com', 'A', [`192.0.2.${index}`])
    }
    const answers = await Promise.all(servers.map(({ dnsServer }) => at(dnsServer).resolve4('example.com')))
    expect(answers).toEqual([['192.0.2.0'], ['192.0.2.1']])
  })
})

describe('named', () => {
  it('validates a signed zone, and fails once its keys are others', async () => {
    const pdns = await running(startPowerDns())
    await pdns.createZone('example.com')
    await pdns.setRecords('example.com', 'A', ['192.0.2.1'])
    const [ds = ''] = await pdns.secureZone('example.com')
    const resolver = await running(
      startNamed({
        recursive: { stubs: { 'example.com': pdns.dnsServer }, trustAnchors: [{ zone: 'example.com', ds }] },
      }),
    )
    const good = { rcode: 'NOERROR', validated: true, answers: 1 }
    expect(await askDns(resolver.dnsServer, 'example.com', 'A')).toMatchObject(good)

    await pdns.breakSignatures('example.com')
    await expect.poll(() => askDns(resolver.dnsServer, 'example.com', 'A')).toMatchObject({ rcode: 'SERVFAIL' })
    const asIs = { rcode: 'NOERROR', validated: false, answers: 1 }
    expect(await askDns(resolver.dnsServer, 'example.com', 'A', { unvalidated: true })).toMatchObject(asIs)
  })

  it('follows delegations from a root of our own to another server', async () => {
    const addresses = ['127.0.12.1', '127.0.12.2'] as const
    const port = await freePortAtEach([...addresses])
    const [root, below] = await Promise.all(addresses.map((address) => running(startPowerDns({ address, port }))))
    if (root === undefined || below === undefined) throw new Error('Two servers were started.')
    await root.createZone('.', { nameServers: ['a.root'] })
    await root.setRecords('a.root', 'A', [addresses[0]])
    await root.setRecords('example.com', 'NS', ['ns1.example.com'])
    await root.setRecords('ns1.example.com', 'A', [addresses[1]])
    await below.createZone('example.com')
    await below.setRecords('ns1.example.com', 'A', [addresses[1]])
    await below.setRecords('shop.example.com', 'A', ['192.0.2.7'])
    const resolver = await running(startNamed({ recursive: { roots: [root.dnsServer] } }))

    const referral = { rcode: 'NOERROR', authoritative: false, answers: 0 }
    expect(await askDns(root.dnsServer, 'shop.example.com', 'A')).toMatchObject(referral)
    expect(await at(resolver.dnsServer).resolve4('shop.example.com')).toEqual(['192.0.2.7'])
    expect(await below.queries()).toBeGreaterThan(0)
  })

  it('serves zones from text, the root among them', async () => {
    const text = '$TTL 60\n@ SOA ns.root. hostmaster.root. 1 3600 600 86400 60\n@ NS ns.root.\nns.root. A 192.0.2.53\n'
    const named = await running(startNamed({ zones: [{ name: '.', text }] }))
    expect(await at(named.dnsServer).resolve4('ns.root')).toEqual(['192.0.2.53'])
  })
})

it('leaves no process behind', async () => {
  const [pdns, named] = await Promise.all([startPowerDns(), startNamed({})])
  await Promise.all([pdns.stop(), named.stop()])
  for (const { address } of [pdns, named]) {
    expect(existsSync(`/proc/${address.pid}`)).toBe(false)
    await expect(askDns(address.dnsServer, 'example.com', 'A')).rejects.toThrow()
  }
})
