import { describe, expect, it } from 'vitest'
import type { DnsAnswer, Lookup, RecordType } from '../ports.ts'
import { judgeOwnAlias, judgeTxt } from './check-ownership.ts'
import { judgeRouting } from './check-routing.ts'
import type { Verification } from './domain.ts'
import type { Hostname } from './hostname.ts'
import type { Verdict } from './verdict.ts'

const now = new Date('2026-01-01T00:00:00Z')
const hostname = 'shop.example.com' as Hostname
const TOKEN = 'a1'.repeat(20)
const BEFORE = 'b2'.repeat(20)
const verification: Verification = {
  method: 'txt',
  routing: true,
  token: TOKEN,
  issuedAt: now,
  expiresAt: new Date('2026-01-08T00:00:00Z'),
  previous: null,
}
const edge = { hostname: 'Edge.platform.example', addresses: ['192.0.2.1', '2001:db8::1'] }

const records = (type: RecordType, ...values: string[]): DnsAnswer => ({
  kind: 'records',
  records: values.map((value) => ({ name: hostname, type, value, ttlSeconds: 60 })),
})
const none: DnsAnswer = { kind: 'no_data' }
const nxdomain: DnsAnswer = { kind: 'nxdomain' }
const servfail: DnsAnswer = { kind: 'servfail', rcode: 'SERVFAIL' }
const bogus: DnsAnswer = { kind: 'bogus', detail: 'signature expired' }
const loop: DnsAnswer = { kind: 'loop', chain: ['a.example', 'b.example', 'a.example'] }

/** What the zone's servers say: the first answer at most of them, each other one at one. */
const said = (answer: DnsAnswer, ...others: DnsAnswer[]): Lookup => ({
  answer,
  dissenting: others.map((word, index) => ({ server: `ns${index + 2}`, answer: word })),
  servers: ['ns1', ...others.map((_, index) => `ns${index + 2}`)],
  serial: 7,
})
const codeOf = (verdict: Verdict) => (verdict.proved ? 'proved' : verdict.because.code)
const isMissOf = (verdict: Verdict) => !verdict.proved && verdict.isMiss

describe('ownership by TXT', () => {
  const ownership = (lookup: Lookup, facts: Partial<Verification> = {}) =>
    judgeTxt({ hostname, verification: { ...verification, ...facts } }, lookup, now)

  it.each<[string, DnsAnswer, string]>([
    ['the value as shown', records('TXT', `token=${TOKEN} expiry=2026-01-08T00:00:00.000Z`), 'proved'],
    ['without its expiry', records('TXT', `token=${TOKEN}`), 'proved'],
    ['the token alone', records('TXT', TOKEN), 'proved'],
    ['in upper case', records('TXT', `TOKEN=${TOKEN.toUpperCase()}`), 'proved'],
    ['in quotes', records('TXT', `"token=${TOKEN} expiry=x"`), 'proved'],
    ['in quotes of a word processor', records('TXT', `“token=${TOKEN} expiry=x”`), 'proved'],
    ['in quotes with backslashes', records('TXT', `\\"token=${TOKEN}\\"`), 'proved'],
    ['in quotes of other languages', records('TXT', `‹token=${TOKEN}›`), 'proved'],
    ['between signs for inches', records('TXT', `″${TOKEN}″`), 'proved'],
    ['in quotes that a host could not read', records('TXT', `\uFFFD${TOKEN}\uFFFD`), 'proved'],
    ['with a hyphen before it', records('TXT', `x-${TOKEN}`), 'DNS_TXT_MISMATCH'],
    ['with a dot after it', records('TXT', `${TOKEN}.x`), 'DNS_TXT_MISMATCH'],
    ['among other values', records('TXT', 'v=spf1 -all', `token=${TOKEN}`), 'proved'],
    ['another token', records('TXT', `token=${'c3'.repeat(20)}`), 'DNS_TXT_MISMATCH'],
    ['a token that begins with ours', records('TXT', `token=${TOKEN}0`), 'DNS_TXT_MISMATCH'],
    ['a token that ends with ours', records('TXT', `token=0${TOKEN}`), 'DNS_TXT_MISMATCH'],
    ['the beginning of ours', records('TXT', `token=${TOKEN.slice(0, -1)}`), 'DNS_TXT_MISMATCH'],
    ['nothing but the word', records('TXT', 'token='), 'DNS_TXT_MISMATCH'],
    ['an empty value', records('TXT', ''), 'DNS_TXT_MISMATCH'],
    ['our token as the target of an alias', records('CNAME', TOKEN), 'DNS_TXT_MISSING'],
    ['no TXT', none, 'DNS_TXT_MISSING'],
    ['no such name', nxdomain, 'DNS_TXT_MISSING'],
    ['a failing server', servfail, 'DNS_SERVFAIL'],
    ['silence', { kind: 'timeout' }, 'DNS_TIMEOUT'],
    ['broken signatures', bogus, 'DNS_DNSSEC_BOGUS'],
    ['aliases in a circle', loop, 'DNS_CNAME_LOOP'],
  ])('%s', (_, answer, expected) => {
    const verdict = ownership(said(answer))
    expect(codeOf(verdict)).toBe(expected)
    if (verdict.proved) return
    expect(verdict.because.expected).not.toEqual([])
    expect(verdict.isMiss).toBe(!['DNS_SERVFAIL', 'DNS_TIMEOUT', 'DNS_DNSSEC_BOGUS'].includes(expected))
  })

  it('accepts the token before for as long as it is good', () => {
    const found = said(records('TXT', `token=${BEFORE}`))
    const until = (ms: number) => ({
      previous: { token: BEFORE, acceptedUntil: new Date(now.getTime() + ms), reminders: 0 },
    })
    expect(ownership(found, until(1))).toMatchObject({ proved: true, by: 'previous' })
    expect(codeOf(ownership(found, until(0)))).toBe('DNS_TXT_MISMATCH')
  })

  it('proves nothing by an empty token', () => {
    expect(codeOf(ownership(said(records('TXT', ' ', '""', 'token=')), { token: '' }))).toBe('DNS_TXT_MISMATCH')
  })

  it('needs every server of the zone, and names those that are behind with what they answer', () => {
    const right = records('TXT', `token=${TOKEN}`)
    for (const [lookup, behind] of [
      [said(right, none), ['ns2: nothing']],
      [said(none, right), ['ns1: nothing']],
      [said(none, right, nxdomain), ['ns1: nothing', 'ns3: nothing']],
      [said(right, records('TXT', 'v=spf1 -all')), ['ns2: v=spf1 -all']],
      [said(records('TXT', 'old'), servfail, right), ['ns1: old', 'ns2: SERVFAIL']],
    ] as const) {
      const verdict = ownership(lookup)
      expect([codeOf(verdict), isMissOf(verdict)]).toEqual(['DNS_DISAGREEMENT', false])
      expect(!verdict.proved && verdict.because.observed).toEqual(behind)
    }
  })

  it('does not mind servers that differ in what does not matter', () => {
    const right = records('TXT', `token=${TOKEN}`)
    expect(codeOf(ownership(said(right, records('TXT', 'v=spf1', `token=${TOKEN}`))))).toBe('proved')
    expect(codeOf(ownership(said(none, nxdomain)))).toBe('DNS_TXT_MISSING')
  })

  it('shows no more than a handful of a hostile zone’s records', () => {
    const verdict = ownership(said(records('TXT', ...Array.from({ length: 5000 }, () => 'x'.repeat(4000)))))
    expect(codeOf(verdict)).toBe('DNS_TXT_MISMATCH')
    expect(JSON.stringify(verdict).length).toBeLessThan(6000)
  })
})

describe('ownership by an alias of one’s own', () => {
  const claim = { hostname, verification: { ...verification, method: 'cname' as const } }
  const ownership = (answer: DnsAnswer) => judgeOwnAlias(claim, said(answer), { edge, now })

  it.each<[string, DnsAnswer, string]>([
    ['this claim’s target', records('CNAME', `${TOKEN}.edge.platform.example`), 'proved'],
    ['in upper case', records('CNAME', `${TOKEN}.EDGE.platform.example`.toUpperCase()), 'proved'],
    ['another claim’s target', records('CNAME', `${BEFORE}.edge.platform.example`), 'DNS_RECORD_MISMATCH'],
    ['the shared target', records('CNAME', 'edge.platform.example'), 'DNS_RECORD_MISMATCH'],
    ['the token elsewhere', records('CNAME', `${TOKEN}.example.net`), 'DNS_RECORD_MISMATCH'],
    ['the token below a label', records('CNAME', `x.${TOKEN}.edge.platform.example`), 'DNS_RECORD_MISMATCH'],
    ['the token in a TXT record', records('TXT', `${TOKEN}.edge.platform.example`), 'DNS_RECORD_MISSING'],
    ['nothing', none, 'DNS_RECORD_MISSING'],
    ['a failing server', servfail, 'DNS_SERVFAIL'],
    ['aliases in a circle', loop, 'DNS_CNAME_LOOP'],
  ])('%s', (_, answer, expected) => expect(codeOf(ownership(answer))).toBe(expected))

  it('is not shown by whoever the alias leads to', () => {
    const chain: DnsAnswer = {
      kind: 'records',
      records: [
        { name: hostname, type: 'CNAME', value: 'shops.other.example', ttlSeconds: 60 },
        { name: 'shops.other.example', type: 'CNAME', value: `${TOKEN}.edge.platform.example`, ttlSeconds: 60 },
      ],
    }
    expect(codeOf(ownership(chain))).toBe('DNS_RECORD_MISMATCH')
  })
})

describe('routing', () => {
  const rules = { edge, targets: ['edge.platform.example'], now }
  const routing = (cname: DnsAnswer, a: DnsAnswer, aaaa: DnsAnswer, name = hostname) =>
    judgeRouting(name, { cname: said(cname), a: said(a), aaaa: said(aaaa) }, rules)

  it.each<[string, DnsAnswer, DnsAnswer, DnsAnswer, string]>([
    ['a CNAME to the edge', records('CNAME', 'edge.platform.example'), none, none, 'proved'],
    ['every address ours', none, records('A', '192.0.2.1'), records('AAAA', '2001:DB8:0::1'), 'proved'],
    [
      'a CNAME elsewhere that ends at our addresses',
      records('CNAME', 'www.example.net'),
      records('A', '192.0.2.1'),
      none,
      'proved',
    ],
    [
      'a CNAME elsewhere',
      records('CNAME', 'ghs.example.net'),
      records('A', '198.51.100.7'),
      none,
      'DNS_RECORD_MISMATCH',
    ],
    ['a CNAME that leads nowhere', records('CNAME', 'gone.example.net'), none, none, 'DNS_RECORD_MISMATCH'],
    ['a CNAME to what does not exist', records('CNAME', 'gone.example.net'), nxdomain, nxdomain, 'DNS_RECORD_MISMATCH'],
    ['addresses elsewhere', none, records('A', '198.51.100.7'), none, 'DNS_RECORD_MISMATCH'],
    ['one stray A', none, records('A', '192.0.2.1', '198.51.100.7'), none, 'DNS_STRAY_A'],
    ['one stray AAAA', none, records('A', '192.0.2.1'), records('AAAA', '2001:db8::bad'), 'DNS_STRAY_AAAA'],
    ['an address of a CDN', none, records('A', '104.16.1.1'), none, 'DNS_PROXIED'],
    ['nothing', none, none, none, 'DNS_RECORD_MISSING'],
    ['no such name', nxdomain, nxdomain, none, 'DNS_NXDOMAIN'],
    ['a failing server', none, servfail, none, 'DNS_SERVFAIL'],
    ['silence about AAAA', none, records('A', '192.0.2.1'), { kind: 'timeout' }, 'DNS_TIMEOUT'],
    ['aliases in a circle', loop, servfail, servfail, 'DNS_CNAME_LOOP'],
  ])('%s', (_, cname, a, aaaa, expected) => {
    const verdict = routing(cname, a, aaaa)
    expect(codeOf(verdict)).toBe(expected)
    if (!verdict.proved) expect(verdict.because.expected).not.toEqual([])
  })

  it('names the stray address and says what to do', () => {
    const verdict = routing(none, records('A', '192.0.2.1'), records('AAAA', '2001:db8::bad'))
    expect(!verdict.proved && verdict.because.message).toBe(
      'shop.example.com has AAAA 2001:db8::bad, which does not belong to this platform. Remove it: certificate authorities try IPv6 first.',
    )
  })

  it('asks an apex for addresses, since a CNAME cannot stand there', () => {
    const verdict = routing(none, none, none, 'example.com' as Hostname)
    expect(!verdict.proved && verdict.because.expected).toEqual(edge.addresses)
  })

  it('sends an apex to the name of edges whose addresses are not known', () => {
    const lookups = { cname: said(none), a: said(none), aaaa: said(none) }
    const unlisted = { ...rules, edge: { ...edge, addresses: [] } }
    const verdict = judgeRouting('example.com' as Hostname, lookups, unlisted)
    expect(!verdict.proved && verdict.because).toMatchObject({
      message:
        'example.com has no address. Give it the same addresses as Edge.platform.example, which has none just now.',
      expected: ['Edge.platform.example'],
    })
  })

  it('takes the platform’s own addresses for its own, although a CDN lends them', () => {
    const behind = { ...rules, edge: { ...edge, addresses: ['104.16.1.1'] } }
    const lookups = { cname: said(none), a: said(records('A', '104.16.1.1')), aaaa: said(none) }
    expect(codeOf(judgeRouting(hostname, lookups, behind))).toBe('proved')
  })

  it('needs every server of the zone, for either family', () => {
    const right = records('A', '192.0.2.1')
    const lookups = { cname: said(none), a: said(right), aaaa: said(none, records('AAAA', '2001:db8::bad')) }
    const verdict = judgeRouting(hostname, lookups, rules)
    expect([codeOf(verdict), isMissOf(verdict)]).toEqual(['DNS_DISAGREEMENT', false])
  })
})
