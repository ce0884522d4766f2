import { generateKeyPairSync, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import type { SealedKey } from './sealed-key.ts'
import { createKeyCustody } from './key-custody.ts'

const kek = 'c0ffee00'.repeat(8)
const binding = { ownerId: 'dom_1', secretId: 'crt_1' }
const keyPem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
}) as string

describe('createKeyCustody', () => {
  it('opens what it sealed, also after a way through JSON and another process', () => {
    const sealed = JSON.parse(JSON.stringify(createKeyCustody(kek).seal(keyPem, binding))) as SealedKey
    expect(createKeyCustody(kek).open(sealed, binding)).toBe(keyPem)
  })

  it('names the key-encryption key by the first 8 hex digits of its SHA-256', () => {
    expect(createKeyCustody('00'.repeat(32)).seal(keyPem, binding).kek).toBe('66687aad')
  })

  it('shows nothing of the key, and never the same twice', () => {
    const custody = createKeyCustody(kek)
    const [one, two] = [custody.seal(keyPem, binding), custody.seal(keyPem, binding)]
    expect(Buffer.from(one.ciphertext, 'base64').includes('PRIVATE KEY')).toBe(false)
    expect(one.ciphertext).not.toBe(two.ciphertext)
    expect(one.wrappedDataKey).not.toBe(two.wrappedDataKey)
    expect(one.nonce).not.toBe(two.nonce)
  })

  it('opens in no other row, whatever the two ids are', () => {
    const custody = createKeyCustody(kek)
    const id = fc.string({ maxLength: 6 })
    fc.assert(
      fc.property(id, id, id, id, (ownerId, secretId, otherOwner, otherSecret) => {
        fc.pre(ownerId !== otherOwner || secretId !== otherSecret)
        const sealed = custody.seal(keyPem, { ownerId, secretId })
        expect(() => custody.open(sealed, { ownerId: otherOwner, secretId: otherSecret })).toThrow(AppError)
      }),
    )
  })

  it('opens nothing that was altered in a single bit or cut short', () => {
    const custody = createKeyCustody(kek)
    const sealed = custody.seal(keyPem, binding)
    const field = fc.constantFrom('wrappedDataKey', 'nonce', 'ciphertext')
    fc.assert(
      fc.property(field, fc.nat(), fc.integer({ min: 0, max: 7 }), fc.boolean(), (name, at, bit, cut) => {
        const bytes = Buffer.from(sealed[name], 'base64')
        const index = at % bytes.length
        bytes.writeUInt8(bytes.readUInt8(index) ^ (1 << bit), index)
        const altered = (cut ? Buffer.from(sealed[name], 'base64').subarray(0, index) : bytes).toString('base64')
        expect(() => custody.open({ ...sealed, [name]: altered }, binding)).toThrow(AppError)
      }),
    )
  })

  it('says that another key-encryption key is needed, and neither key', () => {
    const sealed = createKeyCustody(kek).seal(keyPem, binding)
    const other = randomBytes(32).toString('hex')
    const error = thrownBy(() => createKeyCustody(other).open(sealed, binding))
    expect(error).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('another key-encryption key') })
    expect(JSON.stringify([error.message, error.facts])).not.toMatch(new RegExp(`${kek}|${other}|PRIVATE`))
  })

  it('refuses a key-encryption key that is not 32 bytes in hex', () => {
    for (const wrong of ['', 'ab', 'zz'.repeat(32), 'ab'.repeat(33)]) {
      expect(() => createKeyCustody(wrong)).toThrow(AppError)
      expect(() => createKeyCustody(kek, [wrong])).toThrow(AppError)
    }
  })
})

describe('a rotation of the key-encryption key', () => {
  const [older, old, next] = ['0a', '0b', '0c'].map((byte) => byte.repeat(32)) as [string, string, string]

  it('opens what any of the keys sealed, and seals with the new one', () => {
    const custody = createKeyCustody(next, [old, older])
    for (const key of [older, old, next]) {
      expect(custody.open(createKeyCustody(key).seal(keyPem, binding), binding)).toBe(keyPem)
    }
    expect(createKeyCustody(next).open(custody.seal(keyPem, binding), binding)).toBe(keyPem)
  })

  it('wraps the data key anew and leaves the ciphertext, after which the old key is not needed', () => {
    const sealed = createKeyCustody(old).seal(keyPem, binding)
    const custody = createKeyCustody(next, [old])
    const rewrapped = custody.rewrap(sealed, binding) as SealedKey
    expect(rewrapped).toMatchObject({ kek: custody.kek, nonce: sealed.nonce, ciphertext: sealed.ciphertext })
    expect(createKeyCustody(next).open(rewrapped, binding)).toBe(keyPem)
    expect(() => createKeyCustody(old).open(rewrapped, binding)).toThrow(AppError)
  })

  it('has nothing to do for what the new key wrapped', () => {
    const custody = createKeyCustody(next, [old, next])
    expect(custody.rewrap(custody.seal(keyPem, binding), binding)).toBeNull()
  })

  it('wraps nothing anew that was altered or belongs to another row', () => {
    const sealed = createKeyCustody(old).seal(keyPem, binding)
    const custody = createKeyCustody(next, [old])
    expect(() => custody.rewrap(sealed, { ...binding, ownerId: 'dom_2' })).toThrow(AppError)
    expect(() => custody.rewrap({ ...sealed, wrappedDataKey: sealed.ciphertext }, binding)).toThrow(AppError)
  })

  it('names the key that is missing and those that were given', () => {
    const sealed = createKeyCustody(older).seal(keyPem, binding)
    const error = thrownBy(() => createKeyCustody(next, [old]).rewrap(sealed, binding))
    for (const key of [older, old, next]) expect(error.message).toContain(createKeyCustody(key).kek)
    expect(error.message).not.toMatch(/(0[abc]){4}/)
  })
})

function thrownBy(work: () => unknown): AppError {
  try {
    work()
  } catch (error) {
    return error as AppError
  }
  throw new Error('nothing was thrown')
}
