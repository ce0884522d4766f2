import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashSecret, makeApiKey, readApiKey } from './api-key.ts'

describe('an API key', () => {
  it('is read back as the id and the hash that it was made with', () => {
    const { id, key, hash } = makeApiKey()
    expect(key).toMatch(/^moor_[0-9a-f]{32}_[0-9A-Za-z]{49}$/)
    expect(readApiKey(key)).toEqual({ kind: 'key', id, hash })
    expect(hash).toBe(hashSecret(key))
  })

  it('is told from one that was mistyped in a single character or cut off', () => {
    const { key } = makeApiKey()
    fc.assert(
      fc.property(fc.integer({ min: 5, max: key.length - 1 }), fc.constantFrom('a', '0', 'Z'), (at, character) => {
        fc.pre(key[at] !== character)
        expect(readApiKey(key.slice(0, at) + character + key.slice(at + 1))).toEqual({ kind: 'mistyped' })
        expect(readApiKey(key.slice(0, at))).toEqual({ kind: 'mistyped' })
      }),
    )
  })

  it.each(['', 'an-admin-key-of-more-than-32-characters', `moor_edge_${'x'.repeat(43)}`])('is not %j', (text) => {
    expect(readApiKey(text)).toEqual({ kind: 'other' })
  })
})
