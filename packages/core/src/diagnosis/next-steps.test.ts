import { describe, expect, it } from 'vitest'
import { dnsHostOf } from '../dns/known-hosts.ts'
import type { ZoneFacts } from '../ports.ts'
import { type ReasonCode, reason } from '../reasons.ts'
import type { Check, CheckId, Diagnosis } from './diagnosis.ts'
import { nextSteps } from './next-steps.ts'

const zone: ZoneFacts = {
  name: 'example.com',
  nameServers: ['ns1.unknown.example', 'ns2.unknown.example'],
  serial: 1,
  negativeTtlSeconds: 60,
  dnssec: 'unsigned',
}
const TXT = {
  type: 'TXT',
  name: '_mooring-challenge.shop.example.com',
  value: 'token=x',
  purpose: 'ownership',
} as const
const CNAME = { type: 'CNAME', name: 'shop.example.com', value: 'edge.platform.example', purpose: 'routing' } as const
const OWN_ALIAS = { ...CNAME, value: 'token.edge.platform.example', purpose: 'ownership' } as const

type Facts = { expected?: string[]; observed?: string[]; status?: Check['status'] }

const check = (id: CheckId, code: ReasonCode, { status = 'problem', ...facts }: Facts = {}): Check => {
  const because = reason(code, `What is wrong: ${code}.`, { expected: ['x'], ...facts })
  return { id, status, reason: because, detail: because.message }
}
const wrong = (...records: (typeof TXT | typeof CNAME | typeof OWN_ALIAS)[]): Diagnosis['records'] =>
  records.map((record) => ({ ...record, status: 'missing', observed: [] }))
const stepsOf = (checks: Check[], facts: Partial<Parameters<typeof nextSteps>[0]> = {}) =>
  nextSteps({ checks, records: wrong(TXT, CNAME), zone, dnsHost: null, ...facts }).map(({ text, fields }) =>
    fields.length === 0 ? text : [text, ...fields.map(({ value }) => value)],
  )

const SIGN_IN = `Sign in where the DNS of example.com is managed, and open the list of its records. Its name servers are ns1.unknown.example, ns2.unknown.example.`
const SAVE = 'Save, and look again in a minute.'

describe('what to do next', () => {
  it('is nothing where nothing is wrong', () => expect(stepsOf([])).toEqual([]))

  it('is every record that is missing, as its host wants it typed', () => {
    const checks = [check('ownership', 'DNS_TXT_MISSING'), check('routing', 'DNS_NXDOMAIN')]
    expect(stepsOf(checks)).toEqual([
      SIGN_IN,
      ['Add this record:', 'TXT', '_mooring-challenge.shop', 'token=x'],
      ['Add this record:', 'CNAME', 'shop', 'edge.platform.example'],
      SAVE,
    ])
  })

  it('types the whole name where the host wants it, or where the zone is not known', () => {
    const host = dnsHostOf(['ns1.hostgator.com'])
    for (const facts of [{ dnsHost: host }, { zone: null }]) {
      const [, add] = stepsOf([check('ownership', 'DNS_TXT_MISSING')], facts)
      expect(add).toEqual(['Add this record:', 'TXT', '_mooring-challenge.shop.example.com', 'token=x'])
    }
  })

  it('keeps other TXT values', () => {
    const [, add] = stepsOf([check('ownership', 'DNS_TXT_MISMATCH')])
    expect(add).toEqual([
      'Add this record; others of the same name may stay:',
      'TXT',
      '_mooring-challenge.shop',
      'token=x',
    ])
  })

  it('deletes what stands in the place of a record, and of an alias not the addresses behind it', () => {
    const place = (observed: string[]) => stepsOf([check('routing', 'DNS_RECORD_MISMATCH', { observed })])[1]
    expect(place(['192.0.2.9', '2001:db8::9'])).toBe(
      'Delete the present record of shop.example.com (192.0.2.9, 2001:db8::9).',
    )
    expect(place(['old.example.net', '192.0.2.9'])).toBe(
      'Delete the present record of shop.example.com (CNAME old.example.net).',
    )
  })

  it('is asked once for a record that is proof and routing in one', () => {
    const records = wrong(OWN_ALIAS)
    const add = ['Add this record:', 'CNAME', 'shop', 'token.edge.platform.example']
    const missing = [check('ownership', 'DNS_RECORD_MISSING'), check('routing', 'DNS_NXDOMAIN')]
    expect(stepsOf(missing, { records })).toEqual([SIGN_IN, add, SAVE])
    const inPlace = [
      check('ownership', 'DNS_RECORD_MISSING'),
      check('routing', 'DNS_RECORD_MISMATCH', { observed: ['192.0.2.9'] }),
    ]
    expect(stepsOf(inPlace, { records })).toEqual([
      SIGN_IN,
      'Delete the present record of shop.example.com (192.0.2.9).',
      ['Add this record in its place:', ...add.slice(1)],
      SAVE,
    ])
  })

  it('is the CAA record at the level that decides, the zone itself as @', () => {
    const expected = ['example.com CAA 0 issue "letsencrypt.org"']
    expect(stepsOf([check('caa', 'CAA_FORBIDS', { expected })])).toEqual([
      SIGN_IN,
      ['Add this record beside the CAA records that are there:', 'CAA', '@', '0 issue "letsencrypt.org"'],
      SAVE,
    ])
    expect(stepsOf([check('caa', 'CAA_FORBIDS', { expected: ['no CAA record with the tag "tbs"'] })])).toEqual([
      SIGN_IN,
      'What is wrong: CAA_FORBIDS.',
      SAVE,
    ])
  })

  it('leaves out what goes away when something else is mended', () => {
    const routed = [check('routing', 'DNS_STRAY_AAAA'), check('challenge_path_ipv6', 'HTTP_WRONG_ANSWER')]
    expect(stepsOf(routed)).toEqual([SIGN_IN, 'What is wrong: DNS_STRAY_AAAA.', SAVE])
    const unregistered = [check('zone', 'DNS_NXDOMAIN'), check('ownership', 'DNS_TXT_MISSING')]
    expect(stepsOf(unregistered)).toEqual(['What is wrong: DNS_NXDOMAIN.', 'Then look again.'])
  })

  it('leads to the DNS host only when its turn comes, and not for what is mended elsewhere', () => {
    const bogus = check('dnssec', 'DNS_DNSSEC_BOGUS')
    const [first, second] = stepsOf([bogus, check('ownership', 'DNS_TXT_MISSING')])
    expect([first, second]).toEqual(['What is wrong: DNS_DNSSEC_BOGUS.', SIGN_IN])
    const site = check('ownership', 'HTTP_WRONG_ANSWER')
    expect(stepsOf([site])).toEqual(['What is wrong: HTTP_WRONG_ANSWER.', 'Then look again.'])
  })

  it('is told where nothing is known but that servers fail', () => {
    const checks = (['ownership', 'routing'] as const).map((id) => check(id, 'DNS_SERVFAIL', { status: 'unknown' }))
    expect(stepsOf(checks)).toEqual(['What is wrong: DNS_SERVFAIL.', 'Then look again.'])
  })
})
