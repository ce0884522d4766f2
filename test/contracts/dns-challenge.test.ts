import { randomUUID } from 'node:crypto'
import { type Hostname, type Resolver, delegatedChallengeName, hideChallenges, showChallenges } from '@mooring/core'
import { createDnsProvider, createResolver } from '@mooring/providers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDomain } from '../builders/domain.ts'
import { freePortAtEach } from '../services/free-ports.ts'
import { startNamed } from '../services/named.ts'
import { type PowerDns, startPowerDns } from '../services/powerdns.ts'
import type { Running } from '../services/provide.ts'
import { readFrom } from './read-served.ts'

const CHALLENGES = 'acme.platform.example'
const PLATFORM = 'apps.platform.example'
const edge = { hostname: 'edge.platform.example', addresses: ['192.0.2.1'], challengeZone: CHALLENGES }
const { signal } = new AbortController()
const clock = { now: () => new Date() }
const [OURS, LATER] = ['o'.repeat(43), 'l'.repeat(43)] as const

type Provider = ReturnType<typeof createDnsProvider>

/** Managed zones at one host, seen through a resolver. */
function showingAt(provider: Provider, resolver: Resolver) {
  const holding = async (name: string) => {
    const zone = await provider.findZone(name, signal)
    return zone === null ? null : { id: zone, name: zone, provider }
  }
  return { resolver, zones: { holding }, policy: { edge } as never, clock, signal }
}
const asks = (name: string, ...values: string[]) => values.map((value) => ({ type: 'dns-01' as const, name, value }))
const aWildcard = (base: string) =>
  aDomain({ state: 'provisioning_cert', hostname: `*.${base}` as Hostname, id: `dom_${randomUUID()}` })

interface Host {
  provider: Provider
  /** `ip:port` of the server, which has both zones. */
  dnsServer: string
  stop(): Promise<void>
}

async function atPowerDns(): Promise<Host> {
  const { address, stop } = await startPowerDns()
  for (const zone of [CHALLENGES, PLATFORM]) await address.createZone(zone)
  const { apiUrl, apiKey, dnsServer } = address
  const account = { provider: 'powerdns', url: apiUrl, server_id: 'localhost' } as const
  return { provider: createDnsProvider({ ...account, credentials: { api_key: apiKey } }), dnsServer, stop }
}

async function atBind(): Promise<Host> {
  const updates = { keyName: 'mooring', secret: Buffer.from('the key'.padEnd(64, '.')).toString('base64') }
  const text = '$TTL 60\n@ SOA ns1 hostmaster 1 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.53\n'
  const zones = [CHALLENGES, PLATFORM].map((name) => ({ name, text, updates }))
  const { address, stop } = await startNamed({ zones })
  const account = { provider: 'rfc2136', server: address.dnsServer, key_name: 'mooring' } as const
  const credentials = { secret: updates.secret }
  const provider = createDnsProvider({ ...account, algorithm: 'hmac-sha256', credentials })
  return { provider, dnsServer: address.dnsServer, stop }
}

describe.each([
  ['PowerDNS', atPowerDns],
  ['BIND, by RFC 2136', atBind],
])('a challenge by DNS at %s', (_, start) => {
  let host: Host
  let context: ReturnType<typeof showingAt>
  let served: ReturnType<typeof readFrom>
  beforeAll(async () => {
    host = await start()
    context = showingAt(host.provider, createResolver({ servers: [host.dnsServer] }))
    served = readFrom(host.dnsServer)
  })
  afterAll(() => host?.stop())
  const textAt = async (name: string) => (await served(name, 'TXT')).toSorted()

  it('stands at the top of a zone of the platform, beside what others have there, and leaves alone', async () => {
    const domain = aWildcard(PLATFORM)
    const name = `_acme-challenge.${PLATFORM}`
    const theirs = ['a value of somebody’s certbot', `"quoted" \\ and ${'long '.repeat(80)}`].toSorted()
    await host.provider.upsert(PLATFORM, { name, type: 'TXT', ttlSeconds: 300, values: theirs }, signal)

    expect(await showChallenges(domain, asks(name, OURS), context)).toMatchObject({ kind: 'done' })
    expect(await textAt(name)).toEqual([...theirs, OURS].toSorted())

    expect(await hideChallenges(domain, asks(name, OURS), context)).toEqual([])
    const left = await host.provider.list(PLATFORM, name, signal)
    expect(left.map((set) => ({ ...set, values: set.values.toSorted() }))).toEqual([
      { name, type: 'TXT', ttlSeconds: 300, values: theirs },
    ])
    expect(await textAt(`_mooring-owner.${name}`)).toEqual([])
  })

  it('of a name stands beside that of its wildcard, and each is taken away alone', async () => {
    const base = `shop.${PLATFORM}`
    const name = `_acme-challenge.${base}`
    const [wildcard, itself] = [aWildcard(base), { ...aWildcard(base), hostname: base as Hostname }]
    const other = { ...itself, id: `dom_${randomUUID()}` }
    await showChallenges(wildcard, asks(name, OURS), context)
    await showChallenges(other, asks(name, LATER), context)
    expect(await textAt(name)).toEqual([LATER, OURS])
    await hideChallenges(wildcard, asks(name, OURS), context)
    expect(await textAt(name)).toEqual([LATER])
    await hideChallenges(other, asks(name, LATER), context)
    expect(await textAt(name)).toEqual([])
  })

  it('takes the place of what a lost order left', async () => {
    const name = `_acme-challenge.lost.${PLATFORM}`
    const domain = aWildcard(`lost.${PLATFORM}`)
    await showChallenges(domain, asks(name, OURS), context)
    await showChallenges(domain, asks(name, LATER), context)
    expect(await textAt(name)).toEqual([LATER])
  })

  it('waits for a person where an alias stands', async () => {
    const name = `_acme-challenge.alias.${PLATFORM}`
    const alias = { name, type: 'CNAME' as const, ttlSeconds: 60, values: ['elsewhere.example.net'] }
    await host.provider.upsert(PLATFORM, alias, signal)
    const outcome = await showChallenges(aWildcard(`alias.${PLATFORM}`), asks(name, OURS), context)
    expect(outcome).toMatchObject({ kind: 'wait', because: { code: 'DNS_RECORD_FOREIGN' } })
    expect(await host.provider.list(PLATFORM, name, signal)).toEqual([alias])
  })
})

// The root and a customer's zone at one server; the zone for challenges at two, of which only one is written to.
describe('a delegated challenge, asked for at the zones’ own servers', () => {
  const [ROOT, FIRST, SECOND] = ['127.0.0.1', '127.0.62.2', '127.0.62.3'] as const
  let servers: Running<PowerDns>[]
  let context: ReturnType<typeof showingAt>
  beforeAll(async () => {
    const port = await freePortAtEach([ROOT, FIRST, SECOND])
    servers = await Promise.all([ROOT, FIRST, SECOND].map((address) => startPowerDns({ address, port })))
    const { root, first, second } = hosts()
    await root.createZone('.', { nameServers: ['r.root'] })
    await root.setRecords('customer.example', 'NS', ['r.root.'])
    await root.setRecords('r.root', 'A', [ROOT])
    await root.createZone('customer.example', { nameServers: ['r.root'] })
    await root.setRecords(CHALLENGES, 'NS', ['ns1.root.', 'ns2.root.'])
    await root.setRecords('ns1.root', 'A', [FIRST])
    await root.setRecords('ns2.root', 'A', [SECOND])
    for (const server of [first, second]) await server.createZone(CHALLENGES, { nameServers: ['ns1.root', 'ns2.root'] })
    const provider = createDnsProvider({
      provider: 'powerdns',
      url: first.apiUrl,
      server_id: 'localhost',
      credentials: { api_key: first.apiKey },
    })
    const resolver = createResolver({ roots: [ROOT], port, resolvers: [], allow: ['127.0.0.0/8'], timeoutMs: 500 })
    context = showingAt(provider, resolver)
  })
  afterAll(() => Promise.all((servers ?? []).map(({ stop }) => stop())))

  function hosts() {
    const [root, first, second] = servers.map(({ address }) => address)
    if (root === undefined || first === undefined || second === undefined) throw new Error('They are not started.')
    return { root, first, second }
  }

  it('waits for the alias, then for every server of the zone, and is shown then', async () => {
    const domain = aWildcard('shops.customer.example')
    const name = '_acme-challenge.shops.customer.example'
    const target = delegatedChallengeName(domain, edge) ?? expect.fail('no target')
    const show = () => showChallenges(domain, asks(name, OURS), context)
    const { root, first, second } = hosts()

    await root.setRecords('*.shops.customer.example', 'CNAME', [edge.hostname])
    expect(await show()).toMatchObject({ because: { code: 'DNS_RECORD_MISSING', expected: [target] } })
    expect(await readFrom(first.dnsServer)(target, 'TXT')).toEqual([])

    await root.setRecords(name, 'CNAME', [target])
    expect(await show()).toMatchObject({ kind: 'wait', because: { code: 'DNS_CHALLENGE_PENDING', actor: 'nobody' } })
    expect(await readFrom(first.dnsServer)(target, 'TXT')).toEqual([OURS])

    await second.setRecords(target, 'TXT', [OURS])
    expect(await show()).toMatchObject({ kind: 'done', changes: { dns: { certificate: { status: 'ok' } } } })

    await hideChallenges(domain, asks(name, OURS), context)
    expect(await readFrom(first.dnsServer)(target, 'TXT')).toEqual([])
  })
})
