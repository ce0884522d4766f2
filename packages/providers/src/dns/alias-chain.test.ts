import type { DnsAnswer, DnsRecord } from '@mooring/core'
import { describe, expect, it } from 'vitest'
import { closeLoop, loopBehindFailure, namesAlong, recordsAlong } from './alias-chain.ts'

const alias = (name: string, value: string): DnsRecord => ({ name, type: 'CNAME', value, ttlSeconds: 60 })
const address = (name: string, value: string): DnsRecord => ({ name, type: 'A', value, ttlSeconds: 60 })

describe('a chain of aliases', () => {
  it('is followed in whatever order it comes', () => {
    const records = [address('c', '192.0.2.1'), alias('b', 'c'), alias('a', 'b')]
    expect(namesAlong('A', records)).toEqual(['a', 'b', 'c'])
    expect(recordsAlong({ name: 'A', type: 'A' }, records)).toEqual(records)
  })

  it('leaves aside what is not on the way, or of another type', () => {
    const records = [alias('a', 'b'), address('b', '192.0.2.1'), address('x', '192.0.2.2'), alias('y', 'a')]
    expect(recordsAlong({ name: 'a', type: 'AAAA' }, records)).toEqual([alias('a', 'b')])
    expect(recordsAlong({ name: 'a', type: 'CNAME' }, records)).toEqual([alias('a', 'b')])
  })

  it('is a loop when it leads back, or nowhere soon', () => {
    const back: DnsAnswer = { kind: 'records', records: [alias('a', 'b'), alias('b', 'a')] }
    expect(closeLoop('a', back)).toEqual({ kind: 'loop', chain: ['a', 'b', 'a'] })
    const endless = Array.from({ length: 20 }, (_, at) => alias(`n${at}`, `n${at + 1}`))
    expect(closeLoop('n0', { kind: 'records', records: endless })).toMatchObject({ kind: 'loop' })
  })

  it('behind a failure is walked alias by alias', async () => {
    const next: Record<string, string> = { a: 'b', b: 'c', c: 'b', d: 'e' }
    const cnameOf = async (name: string): Promise<DnsAnswer> => {
      const value = next[name]
      return value === undefined ? { kind: 'no_data' } : { kind: 'records', records: [alias(name, value)] }
    }
    expect(await loopBehindFailure('a', cnameOf)).toEqual({ kind: 'loop', chain: ['a', 'b', 'c', 'b'] })
    expect(await loopBehindFailure('d', cnameOf)).toBeNull()
  })
})
