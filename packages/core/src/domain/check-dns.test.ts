import { describe, expect, it } from 'vitest'
import type { DnsAnswer, RecordType } from '../ports.ts'
import { judgeOwnership } from './check-ownership.ts'
import { judgeRouting } from './check-routing.ts'
import type { Hostname } from './hostname.ts'

const now = new Date('2026-01-01T00:00:00Z')
const hostname = 'shop.example.com' as Hostname
const verification = {
  method: 'txt' as const,
  token: 'AAAAAAAAAAAAAAAAAAAAAA',
  expiresAt: new Date('2026-01-08T00:00:00Z'),
}
const edge = { hostname: 'edge.platform.example', addresses: ['192.0.2.1', '2001:db8::1'] }

const records = (type: RecordType, ...values: string[]): DnsAnswer => ({
  kind: 'records',
  records: values.map((value) => ({ name: hostname, type, value, ttlSeconds: 60 })),
})
const none: DnsAnswer = { kind: 'no_data' }
const ownership = (answer: DnsAnswer) => judgeOwnership({ hostname, verification }, answer, now)
const codeOf = (verdict: ReturnType<typeof ownership>) => (verdict.proved ? 'proved' : verdict.because.code)

describe('ownership by TXT', () => {
  it.each([
    ['the value as shown', records('TXT', `token=${verification.token} expiry=2026-01-08T00:00:00.000Z`), 'proved'],
    ['the token alone', records('TXT', `token=${verification.token}`), 'proved'],
    ['the value in quotes', records('TXT', `"token=${verification.token} expiry=x"`), 'proved'],
    ['the token among other values', records('TXT', 'v=spf1 -all', `token=${verification.token}`), 'proved'],
    ['another token', records('TXT', 'token=BBBBBBBBBBBBBBBBBBBBBB'), 'DNS_TXT_MISMATCH'],
    ['a token that merely begins with ours', records('TXT', `token=${verification.token}x`), 'DNS_TXT_MISMATCH'],
    ['the token without its name', records('TXT', verification.token), 'DNS_TXT_MISMATCH'],
    ['no TXT', none, 'DNS_TXT_MISSING'],
    ['no such name', { kind: 'nxdomain' } as const, 'DNS_TXT_MISSING'],
    ['a failing server', { kind: 'servfail', rcode: 'SERVFAIL' } as const, 'DNS_SERVFAIL'],
    ['silence', { kind: 'timeout' } as const, 'DNS_TIMEOUT'],
  ])('%s', (_, answer, expected) => {
    const verdict = ownership(answer)
    expect(codeOf(verdict)).toBe(expected)
    if (!verdict.proved) expect(verdict.because.expected).not.toEqual([])
  })

  it('shows no more than a handful of a hostile zone’s records', () => {
    const verdict = ownership(records('TXT', ...Array.from({ length: 5000 }, () => 'x'.repeat(4000))))
    expect(JSON.stringify(verdict).length).toBeLessThan(6000)
  })
})

describe('routing', () => {
  const routing = (cname: DnsAnswer, a: DnsAnswer, aaaa: DnsAnswer, name = hostname) =>
    judgeRouting(name, { cname, a, aaaa }, edge, now)

  it.each([
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
    ['addresses elsewhere', none, records('A', '198.51.100.7'), none, 'DNS_RECORD_MISMATCH'],
    ['one stray A', none, records('A', '192.0.2.1', '198.51.100.7'), none, 'DNS_STRAY_A'],
    ['one stray AAAA', none, records('A', '192.0.2.1'), records('AAAA', '2001:db8::bad'), 'DNS_STRAY_AAAA'],
    ['nothing', none, none, none, 'DNS_RECORD_MISSING'],
    ['no such name', { kind: 'nxdomain' } as const, { kind: 'nxdomain' } as const, none, 'DNS_NXDOMAIN'],
    ['a failing server', none, { kind: 'servfail', rcode: 'SERVFAIL' } as const, none, 'DNS_SERVFAIL'],
    ['silence about AAAA', none, records('A', '192.0.2.1'), { kind: 'timeout' } as const, 'DNS_TIMEOUT'],
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
})
