import { describe, expect, it } from 'vitest'
import { hashPassword, isPassword, passwordFault } from './password.ts'

describe('a password', () => {
  it('is known by its hash, never stored the same twice, and no other is', async () => {
    const [one, two] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')])
    expect(one).not.toBe(two)
    expect(one).not.toContain('horse')
    expect(await isPassword('correct horse', one)).toBe(true)
    expect(await isPassword('correct hors', one)).toBe(false)
  })

  it('is the same however a keyboard composes it', async () => {
    expect(await isPassword('u\u0308ber den Bergen', await hashPassword('\u00fcber den Bergen'))).toBe(true)
  })

  it('is nobody’s where there is no user, and nothing opens a damaged hash', async () => {
    expect(await isPassword('correct horse', null)).toBe(false)
    const damaged = (await hashPassword('correct horse')).replace(/:[^:]+$/, ':')
    expect(await isPassword('correct horse', damaged)).toBe(false)
  })

  it('has 12 to 256 characters', () => {
    expect([passwordFault('x'.repeat(11)), passwordFault('x'.repeat(12))]).toEqual([expect.any(String), null])
    expect(passwordFault('x'.repeat(257))).toBe('At most 256 characters.')
  })
})
