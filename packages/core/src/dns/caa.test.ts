import { describe, expect, it } from 'vitest'
import type { Hostname } from '../domain/hostname.ts'
import { judgeSet } from './caa.ts'

/** `0 issue "ca1.example.net"`, as in the RFCs' own zone files. */
function set(...records: string[]) {
  return records.map((value) => {
    const [, flags, tag = '', text = ''] = /^(\d+) (\S+) "(.*)"$/.exec(value) ?? []
    const caa = { critical: (Number(flags) & 0x80) !== 0, tag, value: text }
    return { name: LEVEL, type: 'CAA' as const, value, ttlSeconds: 60, caa }
  })
}

const LEVEL = 'example.com'
const ACCOUNT = 'https://ca.example.net/acct/123456'
const allows = (records: string[], { identity = 'ca1.example.net', hostname = LEVEL, accountUri = ACCOUNT } = {}) =>
  judgeSet(
    { hostname: hostname as Hostname, level: LEVEL, set: set(...records) },
    { caaIdentities: [identity], accountUri },
  ) === null
const reasonOf = (records: string[], { identities = ['ca1.example.net'], hostname = LEVEL } = {}) =>
  judgeSet({ hostname: hostname as Hostname, level: LEVEL, set: set(...records) }, { caaIdentities: identities })

describe('the examples of RFC 8659', () => {
  it('§4.2: an issuer that is named may issue, any other may not', () => {
    const records = ['0 issue "ca1.example.net"']
    expect(allows(records)).toBe(true)
    expect(allows(records, { identity: 'ca2.example.org' })).toBe(false)
  })

  it('§4.2: an issuer may be given parameters of its own', () => {
    expect(allows(['0 issue "ca1.example.net; account=230123"'])).toBe(true)
  })

  it('§4.2: a set with no issuer at all forbids everybody', () => {
    expect(allows(['0 issue ";"'])).toBe(false)
  })

  it('§4.2: a value that breaks the grammar counts as no issuer', () => {
    expect(allows(['0 issue "%%%%%"'])).toBe(false)
    expect(allows(['0 issue "ca1.example.net; what"'])).toBe(false)
  })

  it('§4.2: of several records one is enough, whatever their order', () => {
    for (const records of [
      ['0 issue ";"', '0 issue "ca1.example.net"'],
      ['0 issue "ca1.example.net"', '0 issue ";"'],
    ]) {
      expect(allows(records)).toBe(true)
    }
  })

  it('§4.3: issuewild decides about wildcards, and about nothing else', () => {
    const records = ['0 issue "ca1.example.net"', '0 issuewild "ca2.example.org"']
    expect(allows(records)).toBe(true)
    expect(allows(records, { hostname: '*.example.com' })).toBe(false)
    expect(allows(records, { hostname: '*.example.com', identity: 'ca2.example.org' })).toBe(true)
    expect(allows(['0 issuewild ";"'])).toBe(true)
  })

  it('§4.3: without issuewild, issue decides about wildcards too', () => {
    expect(allows(['0 issue "ca1.example.net"'], { hostname: '*.example.com' })).toBe(true)
    expect(allows(['0 issue "ca2.example.org"'], { hostname: '*.example.com' })).toBe(false)
  })

  it('§4.4: iodef alone forbids nobody', () => {
    expect(allows(['0 iodef "mailto:security@example.com"'])).toBe(true)
  })

  it('§4.5: an unknown tag that is critical forbids, whoever is allowed beside it', () => {
    expect(allows(['0 issue "ca1.example.net"', '128 tbs "Unknown"'])).toBe(false)
    expect(allows(['0 issue "ca1.example.net"', '0 tbs "Unknown"'])).toBe(true)
    expect(allows(['128 issue "ca1.example.net"'])).toBe(true)
  })

  it('§4.1: tags and issuers are compared without regard to case', () => {
    expect(allows(['0 ISSUE "CA1.Example.NET"'])).toBe(true)
  })
})

describe('the rules of RFC 8657', () => {
  it('§3: a record for an account is one for this account only', () => {
    expect(allows([`0 issue "ca1.example.net; accounturi=${ACCOUNT}"`])).toBe(true)
    expect(allows(['0 issue "ca1.example.net; accounturi=https://ca.example.net/acct/7"'])).toBe(false)
  })

  it('§3: an account’s URL may hold an equals sign', () => {
    const accountUri = 'https://ca.example.net/acct?id=7'
    expect(allows([`0 issue "ca1.example.net; accounturi=${accountUri}"`], { accountUri })).toBe(true)
    expect(allows([`0 issue "ca1.example.net; accounturi=${accountUri}0"`], { accountUri })).toBe(false)
  })

  it('§3: while our account is not known, the authority judges it', () => {
    expect(reasonOf([`0 issue "ca1.example.net; accounturi=${ACCOUNT}"`])).toBeNull()
  })

  it('§4: a record for a method is one for that method only', () => {
    expect(allows(['0 issue "ca1.example.net; validationmethods=dns-01,http-01"'])).toBe(true)
    expect(allows(['0 issue "ca1.example.net; validationmethods=dns-01"'])).toBe(false)
    expect(allows(['0 issue "ca1.example.net; validationmethods="'])).toBe(false)
  })

  it('§4: a wildcard is proved by DNS', () => {
    const hostname = '*.example.com'
    expect(allows(['0 issue "ca1.example.net; validationmethods=dns-01"'], { hostname })).toBe(true)
    expect(allows(['0 issue "ca1.example.net; validationmethods=http-01"'], { hostname })).toBe(false)
  })

  it('account and method must hold in one record', () => {
    const other = 'https://ca.example.net/acct/7'
    const apart = [
      `0 issue "ca1.example.net; accounturi=${other}; validationmethods=http-01"`,
      `0 issue "ca1.example.net; accounturi=${ACCOUNT}; validationmethods=dns-01"`,
    ]
    expect(allows(apart)).toBe(false)
    expect(allows([...apart, `0 issue "ca1.example.net; accounturi=${ACCOUNT}; validationmethods=http-01"`])).toBe(true)
  })

  it('two of one parameter can never both be kept to', () => {
    expect(allows([`0 issue "ca1.example.net; accounturi=${ACCOUNT}; accounturi=${ACCOUNT}"`])).toBe(false)
  })
})

describe('what a person reads', () => {
  it('is the record to add, and where', () => {
    const because = reasonOf(['0 issue "other.example"'], { hostname: 'shop.example.com' })
    expect(because).toMatchObject({
      code: 'CAA_FORBIDS',
      actor: 'customer',
      expected: ['example.com CAA 0 issue "ca1.example.net"'],
      observed: ['example.com CAA 0 issue "other.example"'],
    })
    expect(because?.message).toContain('Add this record: example.com CAA 0 issue "ca1.example.net".')
  })

  it('is the record to remove, where adding one does not help', () => {
    const because = reasonOf(['128 tbs "x"'])
    expect(because?.message).toContain('Remove that record.')
    expect(because?.expected).toEqual(['no CAA record with the tag "tbs" at example.com'])
  })

  it('holds no record to type while nobody says what the authority is called', () => {
    expect(reasonOf(['0 issue "other.example"'], { identities: [] })).toBeNull()
    const because = reasonOf(['0 issue ";"'], { identities: [] })
    expect(because?.expected).toEqual(["a CAA record at example.com that allows the platform's certificate authority"])
  })
})
