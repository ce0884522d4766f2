import { DnsProviderProblem } from '@mooring/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkedName, checkedNameIn, checkedSet } from './checked-records.ts'

const zone = 'platform.example'
const set = { name: `shop.${zone}`, type: 'A' as const, ttlSeconds: 300, values: ['192.0.2.1'] }

describe('checkedName', () => {
  it('brings a name into lower case, without the last dot', () => {
    expect(checkedName('_Mooring-Challenge.Shop.Example.COM.')).toBe('_mooring-challenge.shop.example.com')
    expect(checkedName('*.example.com')).toBe('*.example.com')
  })

  it.each(['', '.', '*', 'a.*.b', '**.b', 'a..b', '.a', 'a.b..', '\u212a.example', `${'a'.repeat(64)}.b`])(
    'refuses %j',
    (name) => {
      expect(() => checkedName(name)).toThrow(DnsProviderProblem)
    },
  )

  it('lets nothing through that means something to a program or in a URL', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        try {
          expect(checkedName(name)).toMatch(/^(?:\*\.)?[a-z0-9_][a-z0-9_.-]{0,250}$/)
        } catch (error) {
          expect(error).toMatchObject({ kind: 'refused' })
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('takes 253 characters, and not one more', () => {
    const long = `${'a'.repeat(61)}.${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(63)}`
    expect(checkedName(long)).toBe(long)
    expect(() => checkedName(`a${long}`)).toThrow(DnsProviderProblem)
  })
})

describe('checkedNameIn', () => {
  it('takes the apex and what is below it, and nothing that only ends alike', () => {
    expect(checkedNameIn(zone, 'PLATFORM.example')).toBe(zone)
    expect(checkedNameIn(zone, `a.b.${zone}`)).toBe(`a.b.${zone}`)
    expect(() => checkedNameIn(zone, `not${zone}`)).toThrow(/does not lie in the zone/)
  })
})

describe('checkedSet', () => {
  it.each([-1, 1.5, Number.NaN, 2 ** 31])('refuses %d as a time to live', (ttlSeconds) => {
    expect(() => checkedSet(zone, { ...set, ttlSeconds })).toThrow(/not a time to live/)
  })

  it('counts as one what is the same address in two spellings', () => {
    const values = ['2001:db8::1', '2001:DB8:0:0:0:0:0:1']
    expect(checkedSet(zone, { ...set, type: 'AAAA', values }).values).toEqual(['2001:db8::1'])
  })
})
