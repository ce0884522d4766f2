import { describe, expect, it } from 'vitest'
import { aDomain } from '../../../../test/builders/domain.ts'
import { memoryDnsHost } from '../../../../test/builders/memory-dns-host.ts'
import type { Domain } from '../domain/domain.ts'
import { type Hostname, isWithin } from '../domain/hostname.ts'
import { delegatedChallengeName } from '../domain/records.ts'
import { type DnsAnswer, DnsProviderProblem, type Lookup, type RecordSet, type Resolver } from '../ports.ts'
import { challengeFor, hideChallenges, showChallenges } from './challenge-records.ts'

const now = new Date('2026-01-01T00:00:00Z')
const NAME = '_acme-challenge.shop.example.com'
const MARKS = `_mooring-owner.${NAME}`
const [OURS, LATER, THEIRS] = ['o'.repeat(43), 'l'.repeat(43), 't'.repeat(43)] as const
const edge = { hostname: 'edge.platform.example', addresses: ['192.0.2.1'], challengeZone: 'acme.platform.example' }

const aWildcard = (overrides: Partial<Domain> = {}) =>
  aDomain({ state: 'provisioning_cert', hostname: '*.shop.example.com' as Hostname, ...overrides })
const asks = (...values: string[]) => values.map((value) => ({ type: 'dns-01' as const, name: NAME, value }))
const text = (name: string, values: string[], ttlSeconds = 60): RecordSet => ({
  name,
  type: 'TXT',
  ttlSeconds,
  values,
})
const agreed = (answer: DnsAnswer, ...others: DnsAnswer[]): Lookup => ({
  answer,
  dissenting: others.map((word, index) => ({ server: `ns${index + 2}`, answer: word })),
  servers: ['ns1'],
  serial: 1,
})
const unasked = () => Promise.reject(new Error('Nobody asks this.'))

/** A platform with managed zones at one DNS host, whose servers show at once what was written. */
function platform(zones: string[], { said = {} }: { said?: Record<string, Lookup> } = {}) {
  const host = memoryDnsHost(zones)
  const resolver: Resolver = {
    servers: [],
    async lookup(name) {
      const set = host.sets.find((one) => one.name === name && one.type === 'TXT')
      const records = set?.values.map((value) => ({ name, type: 'TXT' as const, value, ttlSeconds: 60 })) ?? []
      return said[name] ?? agreed(records.length > 0 ? { kind: 'records', records } : { kind: 'nxdomain' })
    },
    lookupAtOne: unasked,
    ask: unasked,
    zoneOf: unasked,
  }
  const holding = async (hostname: string) => {
    const zone = zones.find((one) => isWithin(hostname, one))
    return zone === undefined ? null : { id: 'zone_1', name: zone, provider: host }
  }
  const { signal } = new AbortController()
  const context = { resolver, zones: { holding }, policy: { edge } as never, clock: { now: () => now }, signal }
  const valuesAt = (name: string) => host.sets.find((set) => set.name === name && set.type === 'TXT')?.values ?? []
  return { host, context, valuesAt }
}
const aliasTo = (...targets: string[]): DnsAnswer => ({
  kind: 'records',
  records: targets.map((value, index) => {
    const name = index === 0 ? NAME : (targets[index - 1] ?? NAME)
    return { name, type: 'CNAME' as const, value, ttlSeconds: 60 }
  }),
})

describe('the challenge of an order', () => {
  const both = ['http-01', 'dns-01'] as const
  const elsewhere = { ...aDomain().verification, routing: false }
  it.each<[string, Partial<Domain>, string | null, readonly ('http-01' | 'dns-01')[], string]>([
    ['a name', {}, 'acme.example', both, 'http-01'],
    ['a wildcard', { hostname: '*.example.com' as Hostname }, null, both, 'dns-01'],
    ['a name that may lead elsewhere', { verification: elsewhere }, 'acme.example', both, 'dns-01'],
    ['one where nothing can be delegated', { verification: elsewhere }, null, both, 'http-01'],
    ['one whose issuer cannot', { verification: elsewhere }, 'acme.example', ['http-01'], 'http-01'],
  ])('of %s', (_, overrides, challengeZone, offered, expected) => {
    expect(challengeFor(aDomain(overrides), { challengeZone, offered })).toBe(expected)
  })
})

describe('in a managed zone, a challenge', () => {
  it('is shown beside what others have there, at the time their record has, and marked as ours', async () => {
    const { host, context, valuesAt } = platform(['example.com'])
    host.sets = [text(NAME, [THEIRS], 3600)]
    const domain = aWildcard()
    expect(await showChallenges(domain, asks(OURS), context)).toMatchObject({ kind: 'done' })
    expect(host.sets).toContainEqual(text(NAME, [THEIRS, OURS], 3600))
    expect(valuesAt(MARKS)).toEqual([`heritage=mooring domain=${domain.id} challenge=${OURS}`])
  })

  it('is taken away alone', async () => {
    const { host, context } = platform(['example.com'])
    host.sets = [text(NAME, [THEIRS], 3600)]
    const domain = aWildcard()
    await showChallenges(domain, asks(OURS), context)
    expect(await hideChallenges(domain, asks(OURS), context)).toEqual([])
    expect(host.sets).toEqual([text(NAME, [THEIRS], 3600)])
  })

  it('stands beside that of another claim of the name, which is left when this one goes', async () => {
    const { context, valuesAt } = platform(['example.com'])
    const [wildcard, name] = [aWildcard(), aDomain({ hostname: 'shop.example.com' as Hostname })]
    await showChallenges(wildcard, asks(OURS), context)
    await showChallenges(name, asks(THEIRS), context)
    expect(valuesAt(NAME)).toEqual([OURS, THEIRS])
    await hideChallenges(wildcard, asks(OURS), context)
    expect(valuesAt(NAME)).toEqual([THEIRS])
    expect(valuesAt(MARKS)).toEqual([`heritage=mooring domain=${name.id} challenge=${THEIRS}`])
  })

  it('takes the place of what an order that was lost left behind, and of nothing else', async () => {
    const { host, context, valuesAt } = platform(['example.com'])
    host.sets = [text(NAME, [THEIRS])]
    const domain = aWildcard()
    await showChallenges(domain, asks(OURS), context)
    await showChallenges(domain, asks(LATER), context)
    expect(valuesAt(NAME)).toEqual([THEIRS, LATER])
    await hideChallenges(domain, asks(LATER), context)
    expect(host.sets).toEqual([text(NAME, [THEIRS])])
  })

  it('is written once however often the step is repeated', async () => {
    const { host, context } = platform(['example.com'])
    const domain = aWildcard()
    await showChallenges(domain, asks(OURS), context)
    host.upsert = unasked
    expect(await showChallenges(domain, asks(OURS), context)).toMatchObject({ kind: 'done' })
  })

  it('waits for the server that does not show it yet, longer each time', async () => {
    const shown = { name: NAME, type: 'TXT' as const, value: OURS, ttlSeconds: 60 }
    const behind = agreed({ kind: 'records', records: [shown] }, { kind: 'nxdomain' })
    const { context } = platform(['example.com'], { said: { [NAME]: behind } })
    const first = await showChallenges(aWildcard(), asks(OURS), context)
    expect(first).toMatchObject({
      kind: 'wait',
      until: new Date(now.getTime() + 3000),
      because: { code: 'DNS_CHALLENGE_PENDING', actor: 'nobody', message: expect.stringContaining(NAME) },
      changes: { looks: 1 },
    })
    const later = await showChallenges(aWildcard({ looks: 1 }), asks(OURS), context)
    expect(later).toMatchObject({ until: new Date(now.getTime() + 6000) })
  })

  it('is shown when every server has it, whatever else they do not agree about', async () => {
    const record = (value: string) => ({ name: NAME, type: 'TXT' as const, value, ttlSeconds: 60 })
    const both: DnsAnswer = { kind: 'records', records: [record(OURS), record(THEIRS)] }
    const said = { [NAME]: agreed(both, { kind: 'records', records: [record(OURS)] }) }
    const { context } = platform(['example.com'], { said })
    expect(await showChallenges(aWildcard(), asks(OURS), context)).toMatchObject({ kind: 'done' })
  })

  it('waits for a person where an alias stands, and writes nothing', async () => {
    const { host, context } = platform(['example.com'])
    const alias: RecordSet = { name: NAME, type: 'CNAME', ttlSeconds: 60, values: ['elsewhere.example.net'] }
    host.sets = [alias]
    expect(await showChallenges(aWildcard(), asks(OURS), context)).toMatchObject({
      kind: 'wait',
      because: { code: 'DNS_RECORD_FOREIGN', actor: 'operator', observed: ['elsewhere.example.net'] },
    })
    expect(host.sets).toEqual([alias])
  })

  it('that cannot be taken away is told of, and does not hold the certificate up', async () => {
    const { host, context } = platform(['example.com'])
    const domain = aWildcard()
    await showChallenges(domain, asks(OURS), context)
    host.remove = () => Promise.reject(new DnsProviderProblem('unavailable', 'It is away.'))
    expect(await hideChallenges(domain, asks(OURS), context)).toEqual([
      { type: 'certificate.challenge_left', data: { name: NAME, detail: 'It is away.' } },
    ])
  })
})

describe('outside the managed zones, a challenge', () => {
  const domain = aWildcard()
  const target = delegatedChallengeName(domain, edge) ?? expect.fail('no target')

  it('is shown where the customer delegated it to, through as many aliases as they like', async () => {
    const said = { [NAME]: agreed(aliasTo('acme.customer.example', target.toUpperCase())) }
    const { host, context } = platform([edge.challengeZone], { said })
    expect(await showChallenges(domain, asks(OURS), context)).toMatchObject({
      kind: 'done',
      changes: { dns: { certificate: { status: 'ok' } } },
    })
    expect(host.sets).toEqual([text(target, [OURS])])
    await hideChallenges(domain, asks(OURS), context)
    expect(host.sets).toEqual([])
  })

  it('takes the place of whatever an order before left at a name that is this claim’s alone', async () => {
    const said = { [NAME]: agreed(aliasTo(target)) }
    const { host, context } = platform([edge.challengeZone], { said })
    await showChallenges(domain, asks(OURS), context)
    await showChallenges(domain, asks(LATER), context)
    expect(host.sets).toEqual([text(target, [LATER])])
  })

  it.each<[string, Lookup, string, string]>([
    ['there is no alias', agreed({ kind: 'nxdomain' }), 'DNS_RECORD_MISSING', 'customer'],
    ['the wildcard covers it', agreed(aliasTo(edge.hostname)), 'DNS_RECORD_MISSING', 'customer'],
    ['it leads elsewhere', agreed(aliasTo('elsewhere.example.net')), 'DNS_RECORD_MISMATCH', 'customer'],
    [
      'it leads to another claim’s name',
      agreed(aliasTo(`${'0'.repeat(32)}.${edge.challengeZone}`)),
      'DNS_RECORD_MISMATCH',
      'customer',
    ],
    ['one server does not know it yet', agreed(aliasTo(target), { kind: 'nxdomain' }), 'DNS_DISAGREEMENT', 'nobody'],
    ['nobody answers', agreed({ kind: 'timeout' }), 'DNS_TIMEOUT', 'nobody'],
  ])('waits where %s, and writes nothing', async (_, lookup, code, actor) => {
    const { host, context } = platform([edge.challengeZone], { said: { [NAME]: lookup } })
    const outcome = await showChallenges(domain, asks(OURS), context)
    expect(outcome).toMatchObject({ kind: 'wait', because: { code, actor }, changes: { looks: 1 } })
    expect(host.sets).toEqual([])
    if (actor === 'customer' && outcome.kind === 'wait') {
      expect(outcome.because.message).toContain(NAME)
      expect(outcome.because.message).toContain(target)
      expect(outcome.because.expected).toEqual([target])
    }
  })

  it('waits for the operator where the zone for challenges is not managed, or there is none', async () => {
    const { context } = platform([])
    const message = expect.stringContaining(`MOORING_ACME_CHALLENGE_ZONE is ${edge.challengeZone}`)
    const unmanaged = { kind: 'wait', because: { code: 'DNS_ZONE_UNMANAGED', actor: 'operator' } }
    expect(await showChallenges(domain, asks(OURS), context)).toMatchObject({ ...unmanaged, because: { message } })
    const without = { ...context, policy: { edge: { ...edge, challengeZone: null } } as never }
    expect(await showChallenges(domain, asks(OURS), without)).toMatchObject(unmanaged)
  })
})

it('over HTTP, nothing is written', async () => {
  const { host, context } = platform(['example.com'])
  const overHttp = [{ type: 'http-01' as const, token: 'token', keyAuthorization: 'token.key' }]
  expect(await showChallenges(aDomain(), overHttp, context)).toMatchObject({ kind: 'done' })
  expect(await hideChallenges(aDomain(), overHttp, context)).toEqual([])
  expect(host.sets).toEqual([])
})
