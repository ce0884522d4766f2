import { describe, expect, it } from 'vitest'
import { aDomain } from '../../../../test/builders/domain.ts'
import type { Domain } from './domain.ts'
import type { Hostname } from './hostname.ts'
import { delegatedChallengeName, requiredRecords } from './records.ts'

const edge = { hostname: 'edge.platform.example', addresses: ['192.0.2.1'], challengeZone: 'acme.platform.example' }
const { verification } = aDomain()
const wildcard = { hostname: '*.shop.example.com' as Hostname }
const delegationsOf = (overrides: Partial<Domain>, identity = edge as Parameters<typeof requiredRecords>[1]) =>
  requiredRecords(aDomain(overrides), identity).filter(({ purpose }) => purpose === 'certificate')

describe('the delegation of a certificate’s proof', () => {
  it('is asked for a wildcard beside what proves and routes it, at its base', () => {
    const domain = aDomain(wildcard)
    const value = delegatedChallengeName(domain, edge)
    expect(value).toMatch(/^[0-9a-f]{32}\.acme\.platform\.example$/)
    expect(requiredRecords(domain, edge).map(({ purpose }) => purpose)).toEqual(['ownership', 'routing', 'certificate'])
    expect(delegationsOf({ ...wildcard, id: domain.id })).toEqual([
      { type: 'CNAME', name: '_acme-challenge.shop.example.com', value, purpose: 'certificate' },
    ])
  })

  it('is asked for a name that may lead elsewhere', () => {
    expect(delegationsOf({ verification: { ...verification, routing: false } })).toHaveLength(1)
  })

  it.each<[string, Partial<Domain>]>([
    ['a name that leads here', {}],
    ['one in a zone of the platform', { ...wildcard, verification: { ...verification, method: 'managed' } }],
    ['one without HTTPS', { ...wildcard, tls: { mode: 'off' } }],
    ['one with a certificate of its own', { ...wildcard, tls: { mode: 'imported' } }],
  ])('is not asked for %s', (_, overrides) => {
    expect(delegationsOf(overrides)).toEqual([])
  })

  it('is not asked for where the platform has no zone for it', () => {
    expect(delegationsOf(wildcard, { hostname: edge.hostname, addresses: edge.addresses })).toEqual([])
    expect(delegationsOf(wildcard, { ...edge, challengeZone: null })).toEqual([])
  })

  it('leads to another name for each claim, and to the same one for ever', () => {
    const [one, other] = [aDomain(wildcard), aDomain(wildcard)]
    expect(delegatedChallengeName(one, edge)).not.toBe(delegatedChallengeName(other, edge))
    expect(delegatedChallengeName({ id: 'dom_1' }, edge)).toBe('84767e77d2a0b5701026aea39abd159e.acme.platform.example')
  })
})
