import { once } from 'node:events'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type Diagnosis,
  type Domain,
  type Hostname,
  type Look,
  REASONS,
  type Reason,
  type ReasonCode,
  type Resolver,
  type Verdict,
  lookBeforeOrder,
  confirmOwnership,
  diagnose,
  lookAtOwnership,
  lookAtRouting,
  ownershipRecordName,
  reachAnswer,
  systemClock,
} from '@mooring/core'
import { createHttpProbe, createResolver } from '@mooring/providers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDomain } from '../builders/domain.ts'
import { freePortAtEach } from '../services/free-ports.ts'
import { startNamed } from '../services/named.ts'
import { type PowerDns, startPowerDns } from '../services/powerdns.ts'
import type { Running } from '../services/provide.ts'

// A small internet: the root delegates the zones of customers to the two servers of a DNS host, to one that knows nothing
// of its zone, and to one that hangs. A validating resolver remembers for a minute what it has heard.
const ROOT = '127.0.0.1'
const HOST_A = '127.0.63.2'
const HOST_B = '127.0.63.3'
const LAME = '127.0.63.4'
const SILENT = '127.0.63.5'
const NS_A = 'ns1.domaincontrol.com'
const NS_B = 'ns2.domaincontrol.com'
/** Zones at the first server of the host only. */
const SINGLE = ['platform', 'bogus', 'hostile', 'caa', 'wild', 'critical']

const EDGE = { hostname: 'edge.platform.example', addresses: ['127.0.0.1'] }
const TOKEN = 'a1b2c3d4'.repeat(5)
const BEFORE = '0f1e2d3c'.repeat(5)
const now = new Date()
const until = (ms: number) => new Date(now.getTime() + ms)

let servers: Running<unknown>[]
let hostA: Running<PowerDns>
let hostB: Running<PowerDns>
let edge: Server
let viaResolver: string
let authoritative: Look
let plain: Look

beforeAll(async () => {
  const port = await freePortAtEach([ROOT, HOST_A, HOST_B, LAME, SILENT])
  const at = (address: string) => startPowerDns({ address, port })
  const root = startNamed({ port, zones: [{ name: '.', text: rootZone() }] })
  const [lame, silent] = await Promise.all([at(LAME), at(SILENT)])
  ;[hostA, hostB] = await Promise.all([at(HOST_A), at(HOST_B)])
  servers = [lame, silent, await root, hostA, hostB]
  process.kill(silent.address.pid, 'SIGSTOP')

  for (const { address } of [hostA, hostB]) {
    await address.createZone('customer.example', { nameServers: [NS_A, NS_B] })
  }
  for (const name of SINGLE) await hostA.address.createZone(`${name}.example`, { nameServers: [NS_A] })
  await hostA.address.setRecords(EDGE.hostname, 'A', EDGE.addresses)
  const ds = String((await hostA.address.secureZone('bogus.example'))[0])
  await hostA.address.breakSignatures('bogus.example')

  const trustAnchors = [{ zone: 'bogus.example', ds }]
  const recursive = await startNamed({ recursive: { roots: [`${ROOT}:${port}`], trustAnchors, maxCacheSeconds: 60 } })
  servers.push(recursive)
  viaResolver = recursive.address.dnsServer

  edge = await startEdge()
  const allow = ['127.0.0.0/8']
  const timeoutMs = 500
  authoritative = lookThrough(createResolver({ roots: [ROOT], port, resolvers: [viaResolver], allow, timeoutMs }))
  plain = lookThrough(createResolver({ servers: [viaResolver], timeoutMs }))
})
afterAll(async () => {
  edge?.close()
  await Promise.all((servers ?? []).map((server) => server.stop()))
})

function rootZone(): string {
  const single = SINGLE.map((name) => `${name}.example. NS ${NS_A}.`)
  return [
    '$TTL 60',
    '@ SOA r. h. 1 60 60 60 60',
    '@ NS r.',
    `r. A ${ROOT}`,
    `customer.example. NS ${NS_A}.`,
    `customer.example. NS ${NS_B}.`,
    ...single,
    'lame.example. NS ns.lame.net.',
    'silent.example. NS ns.silent.net.',
    `${NS_A}. A ${HOST_A}`,
    `${NS_B}. A ${HOST_B}`,
    `ns.lame.net. A ${LAME}`,
    `ns.silent.net. A ${SILENT}`,
    '',
  ].join('\n')
}

/** Answers what a certificate authority would ask, as the platform's edges do. */
async function startEdge(): Promise<Server> {
  const server = createServer(({ url = '', headers }, response) => {
    response.end(reachAnswer(url.split('/').at(-1) ?? '', String(headers.host).replace(/:\d+$/, '')))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server
}

const lookThrough = (resolver: Resolver): Look => ({
  resolver,
  probe: createHttpProbe({ allow: ['127.0.0.0/8'], httpPort: (edge.address() as AddressInfo).port }),
  zones: { holding: async () => null },
  clock: systemClock,
  signal: new AbortController().signal,
  policy: { edge: EDGE },
})

let drawn = 0
/** Caches remember: every test has names of its own. */
const aName = (zone = 'customer.example') => `shop${(drawn += 1)}.${zone}` as Hostname

type Facts = Partial<Domain['verification']> & { hostname?: string }

function aClaim({ hostname = aName(), ...verification }: Facts = {}): Domain {
  const domain = aDomain({ hostname: hostname as Hostname })
  return { ...domain, verification: { ...domain.verification, token: TOKEN, ...verification } }
}

type Type = Parameters<PowerDns['setRecords']>[1]

/** At every server that has the zone. */
async function set(name: string, type: Type, ...values: string[]): Promise<void> {
  const hosts = name.endsWith('customer.example') ? [hostA, hostB] : [hostA]
  for (const { address } of hosts) await address.setRecords(name, type, values)
}
const setToken = ({ hostname }: Domain, value = `token=${TOKEN}`) => set(ownershipRecordName(hostname), 'TXT', value)
async function setRight(claim: Domain): Promise<void> {
  await setToken(claim)
  await set(claim.hostname, 'CNAME', EDGE.hostname)
}

const NO_MISS: ReasonCode[] = ['DNS_SERVFAIL', 'DNS_TIMEOUT', 'DNS_DNSSEC_BOGUS', 'DNS_DISAGREEMENT']

/** What each reason owes whoever reads it. */
function expectReason(because: Reason | null, code: ReasonCode, observed?: string[]): Reason {
  expect(because).toMatchObject({ code, actor: REASONS[code].actor })
  expect(because?.expected?.filter((text) => text !== '')).not.toEqual([])
  expect(because?.message).toMatch(/^\S.*\.$/s)
  if (observed !== undefined) expect(because?.observed).toEqual(observed)
  return because as Reason
}

function expectFailure(verdict: Verdict, code: ReasonCode, observed?: string[]): Reason {
  if (verdict.proved) throw new Error('It is proved.')
  expect(verdict.isMiss).toBe(!NO_MISS.includes(code))
  return expectReason(verdict.because, code, observed)
}

const lookThroughEach = () => [authoritative, plain]

/** Both kinds of resolvers come to the same. */
async function bothFail(
  look: (domain: Domain, context: Look) => Promise<Verdict>,
  claim: Domain,
  failure: { code: ReasonCode; observed?: string[] },
): Promise<Reason> {
  const reasons: Reason[] = []
  for (const context of lookThroughEach()) {
    reasons.push(expectFailure(await look(claim, context), failure.code, failure.observed))
  }
  expect(reasons[1]?.message).toBe(reasons[0]?.message)
  return reasons[0] as Reason
}

describe('the reason why ownership is not proved', () => {
  it('DNS_TXT_MISSING: no record, and the one to add', async () => {
    const claim = aClaim()
    const { message } = await bothFail(lookAtOwnership, claim, { code: 'DNS_TXT_MISSING', observed: [] })
    expect(message).toContain(`_mooring-challenge.${claim.hostname}`)
    expect(message).toContain(`token=${TOKEN}`)
  })

  it('DNS_TXT_MISMATCH: other values', async () => {
    const claim = aClaim()
    await set(ownershipRecordName(claim.hostname), 'TXT', 'v=spf1 -all')
    await bothFail(lookAtOwnership, claim, { code: 'DNS_TXT_MISMATCH', observed: ['v=spf1 -all'] })
  })

  it('DNS_RECORD_MISSING and DNS_RECORD_MISMATCH: an alias of one’s own', async () => {
    const claim = aClaim({ method: 'cname' })
    await bothFail(lookAtOwnership, claim, { code: 'DNS_RECORD_MISSING', observed: [] })
    const other = aClaim({ method: 'cname' })
    await set(other.hostname, 'CNAME', EDGE.hostname)
    const { expected } = await bothFail(lookAtOwnership, other, {
      code: 'DNS_RECORD_MISMATCH',
      observed: [EDGE.hostname],
    })
    expect(expected).toEqual([`${TOKEN}.${EDGE.hostname}`])
  })

  it('DNS_DOUBLED_LABEL: the DNS host added the zone to a whole name', async () => {
    const claim = aClaim()
    const typed = `${ownershipRecordName(claim.hostname)}.customer.example`
    await set(typed, 'TXT', `token=${TOKEN}`)
    const { message } = await bothFail(lookAtOwnership, claim, { code: 'DNS_DOUBLED_LABEL', observed: [typed] })
    expect(message).toContain(`Type only "_mooring-challenge.${claim.hostname.split('.')[0]}"`)
  })

  it('DNS_DOUBLED_LABEL: of an alias that is proof and routing in one', async () => {
    const claim = aClaim({ method: 'cname' })
    const typed = `${claim.hostname}.customer.example`
    await set(typed, 'CNAME', `${TOKEN}.${EDGE.hostname}`)
    const { message } = await bothFail(lookAtOwnership, claim, { code: 'DNS_DOUBLED_LABEL', observed: [typed] })
    expect(message).toContain(`Type only "${claim.hostname.split('.')[0]}"`)
  })

  it('DNS_SERVFAIL: servers that do not have the zone', async () => {
    for (const context of lookThroughEach()) {
      const claim = aClaim({ hostname: aName('lame.example') })
      expectFailure(await lookAtOwnership(claim, context), 'DNS_SERVFAIL')
      expectFailure(await lookAtRouting(claim, context), 'DNS_SERVFAIL')
      expectFailure(await confirmOwnership(claim, context), 'DNS_SERVFAIL')
    }
  })

  it('DNS_TIMEOUT: a server that hangs', async () => {
    for (const context of lookThroughEach()) {
      const claim = aClaim({ hostname: aName('silent.example') })
      expectFailure(await lookAtOwnership(claim, context), 'DNS_TIMEOUT', [])
      expectFailure(await confirmOwnership(claim, context), 'DNS_TIMEOUT', [])
    }
  })

  it('DNS_DNSSEC_BOGUS: signatures that do not hold, for whoever validates', async () => {
    const claim = aClaim({ hostname: aName('bogus.example') })
    await setRight(claim)
    expectFailure(await lookAtOwnership(claim, plain), 'DNS_DNSSEC_BOGUS')
    // The zone's own servers do not validate; the look before the order does.
    expect(await lookAtOwnership(claim, authoritative)).toMatchObject({ proved: true })
    expectReason(await lookBeforeOrder(claim, authoritative, { caaIdentities: [] }), 'DNS_DNSSEC_BOGUS')
  })

  it('DNS_DISAGREEMENT: one server of the zone is behind', async () => {
    const claim = aClaim()
    await hostA.address.setRecords(ownershipRecordName(claim.hostname), 'TXT', [`token=${TOKEN}`])
    expectFailure(await lookAtOwnership(claim, authoritative), 'DNS_DISAGREEMENT', [`${NS_B} (${HOST_B}): nothing`])
    await setToken(claim)
    expect(await lookAtOwnership(claim, authoritative)).toMatchObject({ proved: true })
  })

  it('DNS_CNAME_LOOP: aliases in a circle', async () => {
    const claim = aClaim()
    const [name, back] = [ownershipRecordName(claim.hostname), aName('platform.example')]
    await set(name, 'CNAME', back)
    await set(back, 'CNAME', name)
    const { message } = await bothFail(lookAtOwnership, claim, { code: 'DNS_CNAME_LOOP', observed: [name, back, name] })
    expect(message).toContain(`${name} → ${back} → ${name}`)
  })

  it('DNS_ZONE_UNMANAGED: nobody holds the zone any more', async () => {
    await bothFail(lookAtOwnership, aClaim({ method: 'managed' }), { code: 'DNS_ZONE_UNMANAGED' })
  })
})

describe('the reason why a name does not lead here', () => {
  it('DNS_NXDOMAIN: there is no such name', async () => {
    const { expected } = await bothFail(lookAtRouting, aClaim(), { code: 'DNS_NXDOMAIN', observed: [] })
    expect(expected).toEqual([EDGE.hostname])
  })

  it('DNS_RECORD_MISSING: it has no address', async () => {
    const claim = aClaim()
    await set(claim.hostname, 'TXT', 'v=spf1 -all')
    await bothFail(lookAtRouting, claim, { code: 'DNS_RECORD_MISSING', observed: [] })
  })

  it('DNS_RECORD_MISMATCH: it leads elsewhere, or nowhere', async () => {
    const elsewhere = aClaim()
    await set(elsewhere.hostname, 'A', '192.0.2.9')
    await bothFail(lookAtRouting, elsewhere, { code: 'DNS_RECORD_MISMATCH', observed: ['192.0.2.9'] })
    const nowhere = aClaim()
    await set(nowhere.hostname, 'CNAME', 'gone.platform.example')
    const { message } = await bothFail(lookAtRouting, nowhere, {
      code: 'DNS_RECORD_MISMATCH',
      observed: ['gone.platform.example'],
    })
    expect(message).toContain('leads nowhere')
  })

  it('DNS_STRAY_A and DNS_STRAY_AAAA: one address too many', async () => {
    const a = aClaim()
    await set(a.hostname, 'A', '127.0.0.1', '192.0.2.9')
    expect((await bothFail(lookAtRouting, a, { code: 'DNS_STRAY_A' })).message).toContain('192.0.2.9')
    const aaaa = aClaim()
    await set(aaaa.hostname, 'A', '127.0.0.1')
    await set(aaaa.hostname, 'AAAA', '2001:db8::bad')
    expect((await bothFail(lookAtRouting, aaaa, { code: 'DNS_STRAY_AAAA' })).message).toContain('2001:db8::bad')
  })

  it('DNS_PROXIED: the address of one CDN, the alias of another', async () => {
    const address = aClaim()
    await set(address.hostname, 'A', '104.16.132.229')
    const { message } = await bothFail(lookAtRouting, address, { code: 'DNS_PROXIED', observed: ['104.16.132.229'] })
    expect(message).toContain('click the orange cloud')
    const alias = aClaim()
    await set(alias.hostname, 'CNAME', 'd111111abcdef8.cloudfront.net')
    expect((await bothFail(lookAtRouting, alias, { code: 'DNS_PROXIED' })).message).toContain('Amazon CloudFront')
  })

  it('DNS_CNAME_LOOP: aliases in a circle', async () => {
    const claim = aClaim()
    const back = aName('platform.example')
    await set(claim.hostname, 'CNAME', back)
    await set(back, 'CNAME', claim.hostname)
    await bothFail(lookAtRouting, claim, { code: 'DNS_CNAME_LOOP' })
  })

  it('DNS_DOUBLED_LABEL: the DNS host added the zone to the alias', async () => {
    const claim = aClaim()
    const typed = `${claim.hostname}.customer.example`
    await set(typed, 'CNAME', EDGE.hostname)
    const { message } = await bothFail(lookAtRouting, claim, { code: 'DNS_DOUBLED_LABEL', observed: [typed] })
    expect(message).toContain(`Type only "${claim.hostname.split('.')[0]}"`)
    const { nextSteps } = await diagnosisOf(claim)
    const mended = nextSteps.find(({ text }) => text.startsWith('Edit the record that is there'))
    expect(mended?.fields.map(({ value }) => value)).toEqual(['CNAME', claim.hostname.split('.')[0], EDGE.hostname])
  })

  it('nothing: the addresses of the edges’ own name, where nobody listed them', async () => {
    const [flattened, elsewhere] = [aClaim(), aClaim()]
    await set(flattened.hostname, 'A', ...EDGE.addresses)
    await set(elsewhere.hostname, 'A', '192.0.2.9')
    for (const context of lookThroughEach()) {
      const unlisted = { ...context, policy: { edge: { ...EDGE, addresses: [] } } }
      expect(await lookAtRouting(flattened, unlisted)).toMatchObject({ proved: true })
      expectFailure(await lookAtRouting(elsewhere, unlisted), 'DNS_RECORD_MISMATCH', ['192.0.2.9'])
    }
  })

  it('DNS_TIMEOUT: whether addresses are the edges’ cannot be told while DNS does not give theirs', async () => {
    const claim = aClaim()
    await set(claim.hostname, 'A', ...EDGE.addresses)
    for (const context of lookThroughEach()) {
      for (const hostname of ['edge.silent.example', 'edge.lame.example']) {
        const unlisted = { ...context, policy: { edge: { hostname, addresses: [] } } }
        const { message } = expectFailure(await lookAtRouting(claim, unlisted), 'DNS_TIMEOUT', [])
        expect(message).toContain(`the addresses of ${hostname}`)
      }
    }
  })

  it('nothing: an alias of the edges, or their addresses', async () => {
    const alias = aClaim()
    await set(alias.hostname, 'CNAME', EDGE.hostname)
    const address = aClaim()
    await set(address.hostname, 'A', '127.0.0.1')
    for (const context of lookThroughEach()) {
      expect(await lookAtRouting(alias, context)).toMatchObject({ proved: true })
      expect(await lookAtRouting(address, context)).toMatchObject({ proved: true })
    }
  })
})

describe('before an order', () => {
  const check = (claim: Domain, context: Look, identity = 'letsencrypt.org') =>
    lookBeforeOrder(claim, context, { caaIdentities: [identity] })

  it('nothing is in the way of a name that is right', async () => {
    const claim = aClaim()
    await setRight(claim)
    for (const context of lookThroughEach()) expect(await check(claim, context)).toBeNull()
  })

  it('DNS_DISAGREEMENT: a resolver remembers that the record was not there', async () => {
    const claim = aClaim()
    await authoritative.resolver.ask(ownershipRecordName(claim.hostname), 'TXT', viaResolver)
    await setRight(claim)
    expect(await lookAtOwnership(claim, authoritative)).toMatchObject({ proved: true })
    const because = expectReason(await check(claim, authoritative), 'DNS_DISAGREEMENT')
    expect(because.observed).toEqual([`${viaResolver}: DNS_TXT_MISSING`])
  })

  it('CAA_FORBIDS: decided in the zone above, with the record to add', async () => {
    const claim = aClaim({ hostname: aName('caa.example') })
    await setRight(claim)
    await set('caa.example', 'CAA', '0 issue "other.example"', '0 iodef "mailto:security@caa.example"')
    for (const context of lookThroughEach()) {
      const because = expectReason(await check(claim, context), 'CAA_FORBIDS')
      expect(because.expected).toEqual(['caa.example CAA 0 issue "letsencrypt.org"'])
      expect(because.observed).toContain('caa.example CAA 0 issue "other.example"')
      expect(await check(claim, context, 'other.example')).toBeNull()
    }
    const { nextSteps } = await diagnosisOf(claim)
    expect(nextSteps.flatMap(({ fields }) => fields)).toEqual([
      { label: 'Type', value: 'CAA' },
      { label: 'Host', value: '@' },
      { label: 'Value', value: '0 issue "letsencrypt.org"' },
    ])
  })

  it('CAA_FORBIDS: issuewild decides about a wildcard', async () => {
    const claim = aClaim({ hostname: `*.${aName('wild.example')}` })
    await setRight(claim)
    await set('wild.example', 'CAA', '0 issue "letsencrypt.org"', '0 issuewild ";"')
    for (const context of lookThroughEach()) {
      const because = expectReason(await check(claim, context), 'CAA_FORBIDS')
      expect(because.expected).toEqual(['wild.example CAA 0 issuewild "letsencrypt.org"'])
    }
  })

  it('CAA_FORBIDS: a critical tag that nobody knows is to be removed', async () => {
    const claim = aClaim({ hostname: aName('critical.example') })
    await setRight(claim)
    await set('critical.example', 'CAA', '0 issue "letsencrypt.org"', '128 tbs "unknown"')
    for (const context of lookThroughEach()) {
      expect(expectReason(await check(claim, context), 'CAA_FORBIDS').message).toContain('Remove that record.')
    }
    const { nextSteps } = await diagnosisOf(claim)
    expect(nextSteps.flatMap(({ fields }) => fields)).toEqual([])
    expect(nextSteps[1]?.text).toContain('critical tag "tbs"')
  })

  it('CAA_FORBIDS: at the name an alias leads to, that name is told', async () => {
    const claim = aClaim()
    const target = aName('platform.example')
    await set(target, 'A', '127.0.0.1')
    await set(target, 'CAA', '0 issue ";"')
    await setToken(claim)
    await set(claim.hostname, 'CNAME', target)
    for (const context of lookThroughEach()) {
      const because = expectReason(await check(claim, context), 'CAA_FORBIDS')
      expect(because.expected).toEqual([`${target} CAA 0 issue "letsencrypt.org"`])
    }
  })
})

function diagnosisOf(claim: Domain, context = authoritative): Promise<Diagnosis> {
  return diagnose(claim, { ...context, edge: EDGE, caaIdentities: ['letsencrypt.org'] })
}

describe('a diagnosis', () => {
  it('names the DNS host, where to click, and each field relative to the zone', async () => {
    const claim = aClaim()
    const { dnsHost, zone, reason, nextSteps } = await diagnosisOf(claim)
    expect([dnsHost?.name, zone?.name]).toEqual(['GoDaddy', 'customer.example'])
    expectReason(reason, 'DNS_TXT_MISSING')
    const host = claim.hostname.split('.')[0]
    expect(nextSteps[0]?.text).toContain('Sign in at GoDaddy (https://dcc.godaddy.com)')
    expect(nextSteps.slice(1, -1).map(({ fields }) => fields.map(({ value }) => value))).toEqual([
      ['TXT', `_mooring-challenge.${host}`, expect.stringContaining(`token=${TOKEN} expiry=`)],
      ['CNAME', host, EDGE.hostname],
    ])
  })

  it('knows the zone of a name that is an alias into another zone of the same server', async () => {
    const claim = aClaim({ hostname: aName('hostile.example') })
    await set(claim.hostname, 'CNAME', EDGE.hostname)
    for (const { resolver } of lookThroughEach()) {
      expect(await resolver.zoneOf(claim.hostname)).toMatchObject({ name: 'hostile.example', nameServers: [NS_A] })
    }
  })

  it('is content with a name that is right', async () => {
    const claim = aClaim()
    await setRight(claim)
    expect(await diagnosisOf(claim)).toMatchObject({ ok: true, reason: null, nextSteps: [] })
  })

  it('tells of broken signatures before anything else, and what to do about them', async () => {
    const claim = aClaim({ hostname: aName('bogus.example') })
    const { reason, nextSteps } = await diagnosisOf(claim)
    expectReason(reason, 'DNS_DNSSEC_BOGUS')
    expect(nextSteps[0]?.text).toContain('Turn DNSSEC off at the registrar')
  })

  it('tells of servers that fail, although nothing is known of the records', async () => {
    const { ok, reason, nextSteps } = await diagnosisOf(aClaim({ hostname: aName('lame.example') }))
    expect(ok).toBe(false)
    expectReason(reason, 'DNS_SERVFAIL')
    expect(nextSteps[0]?.text).toContain('Ask the DNS host to repair the zone.')
  })

  it('says that a name is not registered, and asks for no records of it', async () => {
    const { reason, nextSteps } = await diagnosisOf(aClaim({ hostname: 'shop.nobody.example' }))
    expectReason(reason, 'DNS_NXDOMAIN')
    expect(nextSteps.flatMap(({ fields }) => fields)).toEqual([])
    expect(nextSteps[0]?.text).toContain('Ask the registrar')
  })
})

describe('what is a proof', () => {
  it.each<[string, string]>([
    ['curly quotes', `“token=${TOKEN}”`],
    ['angle quotes', `«token=${TOKEN}»`],
    ['another case', `TOKEN=${TOKEN.toUpperCase()}`],
    ['256 characters and more before it, in strings of their own', `${'x'.repeat(300)} token=${TOKEN}`],
  ])('the token with %s', async (_, value) => {
    const claim = aClaim()
    await setToken(claim, value)
    for (const context of lookThroughEach()) {
      expect(await lookAtOwnership(claim, context)).toMatchObject({ proved: true, by: 'current' })
    }
  })
})

describe('what is not a proof', () => {
  it.each<[string, string]>([
    ['the token of another claim', `token=${BEFORE}`],
    ['the beginning of the token', `token=${TOKEN.slice(0, -1)}`],
    ['the end of the token', `token=${TOKEN.slice(1)}`],
    ['a longer word with the token in it', `token=x${TOKEN}x`],
    ['a long text with the token in the middle', `${'x'.repeat(3000)}${TOKEN}${'x'.repeat(3000)}`],
  ])('%s', async (_, value) => {
    const claim = aClaim({ hostname: aName('hostile.example') })
    await setToken(claim, value)
    for (const context of lookThroughEach()) {
      const because = expectFailure(await lookAtOwnership(claim, context), 'DNS_TXT_MISMATCH')
      expect(JSON.stringify(because).length).toBeLessThan(4000)
    }
  })

  it('the token before, once its time is over', async () => {
    const [good, over] = [60_000, -1].map((ms) =>
      aClaim({ previous: { token: BEFORE, acceptedUntil: until(ms), reminders: 0 } }),
    ) as [Domain, Domain]
    await setToken(good, `token=${BEFORE}`)
    await setToken(over, `token=${BEFORE}`)
    for (const context of lookThroughEach()) {
      expect(await lookAtOwnership(good, context)).toMatchObject({ proved: true, by: 'previous' })
      expectFailure(await lookAtOwnership(over, context), 'DNS_TXT_MISMATCH')
    }
  })

  it('the token as the target of an alias', async () => {
    const claim = aClaim()
    await set(ownershipRecordName(claim.hostname), 'CNAME', `${TOKEN}.platform.example`)
    await bothFail(lookAtOwnership, claim, { code: 'DNS_TXT_MISSING' })
  })

  it('an alias that leads to somebody else’s alias of this claim', async () => {
    const claim = aClaim({ method: 'cname' })
    const theirs = aName('platform.example')
    await set(claim.hostname, 'CNAME', theirs)
    await set(theirs, 'CNAME', `${TOKEN}.${EDGE.hostname}`)
    await bothFail(lookAtOwnership, claim, { code: 'DNS_RECORD_MISMATCH', observed: [theirs] })
  })

  it.each<[string, string[]]>([
    ['5,000 records', Array.from({ length: 5000 }, (_, index) => `token=${index}`)],
    ['a text of 64 kB', [`${'x'.repeat(30_000)}${TOKEN}${'x'.repeat(30_000)}`]],
  ])('%s, which are not read to the end', async (_, texts) => {
    const claim = aClaim({ hostname: aName('hostile.example') })
    await set(ownershipRecordName(claim.hostname), 'TXT', ...texts)
    for (const context of lookThroughEach()) {
      const verdict = await lookAtOwnership(claim, context)
      // Some servers say that it does not fit, and some say nothing.
      const isSaid = !verdict.proved && verdict.because.code === 'DNS_SERVFAIL'
      const because = expectFailure(verdict, isSaid ? 'DNS_SERVFAIL' : 'DNS_TIMEOUT')
      expect(JSON.stringify(because).length).toBeLessThan(6000)
    }
  })
})
