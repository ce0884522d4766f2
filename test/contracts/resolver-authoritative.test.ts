import { type Resolver } from '@mooring/core'
import { createResolver } from '@mooring/providers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePortAtEach } from '../services/free-ports.ts'
import { startNamed } from '../services/named.ts'
import { type PowerDns, startPowerDns } from '../services/powerdns.ts'
import type { Running } from '../services/provide.ts'

// A small internet: the root, the top-level domain `example`, two hosts of customers' zones, and a resolver.
const ROOT = '127.0.0.1'
const TLD = '127.0.61.2'
const HOST_A = '127.0.61.3'
const HOST_B = '127.0.61.4'
const LAME = '127.0.61.5'

/** Zone to its name servers, as the top-level domain delegates them. */
const DELEGATIONS: Record<string, string[]> = {
  // Both servers of the customer's host, named in a zone beside.
  'customer.example': ['ns1.dnshost.example.', 'ns2.dnshost.example.'],
  'dnshost.example': ['ns1.dnshost.example.'],
  // One of them knows nothing of the zone.
  'halflame.example': ['lame.tld.example.', 'ns1.dnshost.example.'],
  'lame.example': ['lame.tld.example.'],
  // Its server is named where no glue can be.
  'glueless.example': ['ns1.elsewhere.customer.example.'],
  'platform.example': ['ns1.dnshost.example.'],
  // Somebody points us into our own network.
  'inside.example': ['ns.inside.example.'],
  'signed.example': ['ns1.dnshost.example.'],
  'bogus.example': ['ns1.dnshost.example.'],
  // Each of two hundred servers would have to be looked up first.
  'flood.example': Array.from({ length: 200 }, (_, index) => `ns${index}.nowhere.customer.example.`),
  // Each needs the other.
  'selfish.example': ['ns1.loop.example.'],
  'loop.example': ['ns1.selfish.example.'],
}
const GLUE = {
  'ns1.dnshost.example': HOST_A,
  'ns2.dnshost.example': HOST_B,
  'lame.tld.example': LAME,
  'ns.inside.example': '10.1.2.3',
}

let servers: Running<unknown>[]
let hostA: Running<PowerDns>
let hostB: Running<PowerDns>
let resolver: Resolver
let viaResolver: string

beforeAll(async () => {
  const port = await freePortAtEach([ROOT, TLD, HOST_A, HOST_B, LAME])
  const soa = '@ SOA ns.root. hostmaster.root. 1 3600 600 86400 60'
  const root = `$TTL 60\n${soa}\n@ NS r.root.\nr.root. A ${ROOT}\nexample. NS ns.tld.example.\nns.tld.example. A ${TLD}\n`
  const at = (address: string) => startPowerDns({ address, port })
  const [tld, lame] = await Promise.all([at(TLD), at(LAME)])
  ;[hostA, hostB] = await Promise.all([at(HOST_A), at(HOST_B)])
  servers = [tld, lame, await startNamed({ port, zones: [{ name: '.', text: root }] })]

  await tld.address.createZone('example', { nameServers: ['ns.tld.example'] })
  for (const [zone, nameServers] of Object.entries(DELEGATIONS)) await tld.address.setRecords(zone, 'NS', nameServers)
  for (const [name, address] of Object.entries(GLUE)) await tld.address.setRecords(name, 'A', [address])
  await tld.address.setRecords('ns.tld.example', 'A', [TLD])

  const nameServers = ['ns1.dnshost.example', 'ns2.dnshost.example']
  await hostB.address.createZone('customer.example', { nameServers })
  await hostA.address.createZone('customer.example', { nameServers })
  for (const name of ['dnshost', 'halflame', 'glueless', 'platform', 'signed', 'bogus']) {
    await hostA.address.createZone(`${name}.example`, { nameServers: nameServers.slice(0, 1) })
  }
  await hostA.address.setRecords('ns1.dnshost.example', 'A', [HOST_A])
  await hostA.address.setRecords('ns2.dnshost.example', 'A', [HOST_B])
  await setAtBoth('ns1.elsewhere.customer.example', 'A', [HOST_A])
  const sign = async (zone: string) => ({ zone, ds: String((await hostA.address.secureZone(zone))[0]) })
  const trustAnchors = [await sign('signed.example'), await sign('bogus.example')]
  await hostA.address.breakSignatures('bogus.example')

  const recursive = await startNamed({ recursive: { roots: [`${ROOT}:${port}`], trustAnchors, maxCacheSeconds: 60 } })
  servers.push(recursive)
  viaResolver = recursive.address.dnsServer
  resolver = createResolver({
    roots: [ROOT],
    port,
    resolvers: [viaResolver],
    allow: ['127.0.0.0/8'],
    timeoutMs: 500,
  })
})
afterAll(async () => {
  await Promise.all([...(servers ?? []), hostA, hostB].map((server) => server?.stop()))
})

/** The same record at both servers of the customer's host. */
async function setAtBoth(name: string, type: 'A' | 'TXT' | 'CNAME', values: string[]): Promise<void> {
  for (const { address: host } of [hostA, hostB]) await host.setRecords(name, type, values)
}

const values = async (name: string, type: 'A' | 'AAAA' | 'TXT' | 'CNAME' | 'CAA') => {
  const { answer } = await resolver.lookup(name, type)
  return answer.kind === 'records' ? answer.records.map((record) => record.value) : answer
}

describe('the way to a name’s own servers', () => {
  it('leads from the root to every server of the zone', async () => {
    await setAtBoth('shop.customer.example', 'A', ['192.0.2.1'])
    const { answer, servers: asked, dissenting } = await resolver.lookup('shop.customer.example', 'A')
    expect(answer).toMatchObject({ kind: 'records', records: [{ value: '192.0.2.1' }] })
    expect(asked.toSorted()).toEqual([`ns1.dnshost.example (${HOST_A})`, `ns2.dnshost.example (${HOST_B})`])
    expect(dissenting).toEqual([])
  })

  it('sees a record at the next look, although a resolver remembers that it was not there', async () => {
    const name = '_mooring-challenge.new.customer.example'
    expect(await resolver.ask(name, 'TXT', viaResolver)).toEqual({ kind: 'nxdomain' })
    expect(await values(name, 'TXT')).toEqual({ kind: 'nxdomain' })
    await setAtBoth(name, 'TXT', ['token=abc'])
    expect(await values(name, 'TXT')).toEqual(['token=abc'])
    expect(await resolver.ask(name, 'TXT', viaResolver)).toEqual({ kind: 'nxdomain' })
  })

  it('tells which server says otherwise', async () => {
    const name = 'spreading.customer.example'
    await setAtBoth(name, 'A', ['192.0.2.1'])
    await hostB.address.setRecords(name, 'A', ['192.0.2.2'])
    const { dissenting } = await resolver.lookup(name, 'A')
    expect(dissenting).toHaveLength(1)
  })

  it('sets a lame server aside while another answers, and says so when none does', async () => {
    await hostA.address.setRecords('shop.halflame.example', 'A', ['192.0.2.3'])
    expect(await values('shop.halflame.example', 'A')).toEqual(['192.0.2.3'])
    expect(await values('shop.lame.example', 'A')).toMatchObject({ kind: 'servfail', rcode: 'REFUSED' })
  })

  it('finds name servers that have to be looked up first, and ends where they need each other', async () => {
    await hostA.address.setRecords('shop.glueless.example', 'A', ['192.0.2.4'])
    expect(await values('shop.glueless.example', 'A')).toEqual(['192.0.2.4'])
    expect(await values('shop.selfish.example', 'A')).toEqual({ kind: 'timeout' })
  })

  it('follows aliases into other zones, and tells of those that lead back', async () => {
    await setAtBoth('www.customer.example', 'CNAME', ['edge.platform.example.'])
    await hostA.address.setRecords('edge.platform.example', 'A', ['192.0.2.7'])
    expect(await values('www.customer.example', 'A')).toEqual(['edge.platform.example', '192.0.2.7'])
    await setAtBoth('round.customer.example', 'CNAME', ['loop.platform.example.'])
    await hostA.address.setRecords('loop.platform.example', 'CNAME', ['round.customer.example.'])
    expect(await values('round.customer.example', 'A')).toMatchObject({ kind: 'loop' })
  })

  it('asks over TCP for what does not fit into a datagram', async () => {
    const texts = Array.from({ length: 60 }, (_, index) => `${index} ${'x'.repeat(100)}`)
    await setAtBoth('long.customer.example', 'TXT', texts)
    expect(((await values('long.customer.example', 'TXT')) as string[]).toSorted()).toEqual(texts.toSorted())
  })

  it('never asks an address in the operator’s network because a zone names it', async () => {
    const started = performance.now()
    expect(await values('shop.inside.example', 'A')).toEqual({ kind: 'timeout' })
    // Asked, that address would have stayed silent for two attempts.
    expect(performance.now() - started).toBeLessThan(500)
  })

  it('cannot be made to flood somebody else’s servers with questions', async () => {
    const asked = async () => (await hostA.address.queries()) + (await hostB.address.queries())
    const before = await asked()
    expect(await values('shop.flood.example', 'A')).toEqual({ kind: 'timeout' })
    expect((await asked()) - before).toBeLessThan(20)
  })

  it('reads CAA records', async () => {
    await hostA.address.setRecords('platform.example', 'CAA', ['0 issue "letsencrypt.org"', '128 tbs "x"'])
    const { answer } = await resolver.lookup('platform.example', 'CAA')
    expect(answer.kind === 'records' && answer.records.map(({ caa }) => caa)).toEqual(
      expect.arrayContaining([
        { critical: false, tag: 'issue', value: 'letsencrypt.org' },
        { critical: true, tag: 'tbs', value: 'x' },
      ]),
    )
  })
})

describe('a zone', () => {
  it('is known with its servers, its serial and how long its denials are remembered', async () => {
    const zone = await resolver.zoneOf('deep.below.customer.example')
    expect(zone).toMatchObject({
      name: 'customer.example',
      nameServers: ['ns1.dnshost.example', 'ns2.dnshost.example'],
      negativeTtlSeconds: 60,
      dnssec: 'unsigned',
    })
    expect(zone?.serial).toBeGreaterThan(0)
  })

  it('shows its serial with every denial, so that work on it is noticed', async () => {
    const before = await resolver.lookup('nothing.customer.example', 'A')
    await setAtBoth('something.customer.example', 'A', ['192.0.2.9'])
    const after = await resolver.lookup('nothing.customer.example', 'A')
    expect(before.serial).not.toBeNull()
    expect(after.serial).toBeGreaterThan(before.serial ?? 0)
  })

  it('with signatures that do not hold is told apart from one whose servers are away', async () => {
    expect(await resolver.ask('bogus.example', 'A', viaResolver)).toMatchObject({ kind: 'bogus' })
    expect(await resolver.zoneOf('shop.bogus.example')).toMatchObject({ dnssec: 'bogus' })
    expect(await resolver.ask('shop.lame.example', 'A', viaResolver)).toMatchObject({ kind: 'servfail' })
    expect(await resolver.ask('signed.example', 'A', viaResolver)).toEqual({ kind: 'no_data' })
  })
})
