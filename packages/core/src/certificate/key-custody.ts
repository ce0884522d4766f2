import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { AppError } from '../errors.ts'
import type { KeyBinding, KeyCustody } from '../ports.ts'
import type { SealedKey } from './sealed-key.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Seals each key under a data key of its own, and that under the key-encryption key, so that rotating the latter
 * re-wraps 32 bytes per certificate. AES-256-GCM twice (NIST SP 800-38D); every nonce is random and every data key is
 * used once. The binding is associated data of both layers: nothing sealed opens in another row.
 *
 * Keys are 32 bytes as 64 hex digits. `kekHex` seals; what was sealed with one of `previous` still opens, and is told by
 * its key's id, so that during a rotation it does not matter which process has got how far. Every method throws
 * `AppError` `INTERNAL`.
 */
export function createKeyCustody(kekHex: string, previous: readonly string[] = []): KeyCustody {
  const present = readKey(kekHex)
  const held = new Map([present, ...previous.map(readKey)].map((key) => [key.id, key]))

  const keyOf = (sealed: SealedKey, binding: KeyBinding): KeyEncryptionKey => {
    const key = sealed.version === 1 ? held.get(sealed.kek) : undefined
    if (key !== undefined) return key
    const given = [...held.keys()]
    throw new AppError(
      'INTERNAL',
      `The private key was sealed with another key-encryption key (${sealed.kek}) than those given (${given.join(', ')}).`,
      { facts: { ...binding, sealedWith: sealed.kek, have: given } },
    )
  }

  return {
    kek: present.id,
    seal(secret, binding) {
      const dataKey = randomBytes(32)
      const nonce = randomBytes(NONCE_BYTES)
      return {
        version: 1,
        kek: present.id,
        wrappedDataKey: wrap(present, dataKey, binding),
        nonce: nonce.toString('base64'),
        ciphertext: encrypt(dataKey, nonce, associated('key', binding), Buffer.from(secret)).toString('base64'),
      }
    },
    open(sealed, binding) {
      const key = keyOf(sealed, binding)
      return orDoesNotOpen(binding, () => {
        const nonce = Buffer.from(sealed.nonce, 'base64')
        const ciphertext = Buffer.from(sealed.ciphertext, 'base64')
        return decrypt(unwrap(key, sealed, binding), nonce, associated('key', binding), ciphertext).toString('utf8')
      })
    },
    rewrap(sealed, binding) {
      const key = keyOf(sealed, binding)
      if (key.id === present.id) return null
      const dataKey = orDoesNotOpen(binding, () => unwrap(key, sealed, binding))
      return { ...sealed, kek: present.id, wrappedDataKey: wrap(present, dataKey, binding) }
    },
  }
}

interface KeyEncryptionKey {
  /** See `SealedKey.kek`. */
  id: string
  bytes: Buffer
}

function readKey(hex: string): KeyEncryptionKey {
  if (!/^[0-9a-f]{64}$/i.test(hex)) {
    throw new AppError('INTERNAL', 'The key-encryption key must be 32 bytes, written as 64 hex digits.')
  }
  const bytes = Buffer.from(hex, 'hex')
  return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 8), bytes }
}

function wrap({ bytes }: KeyEncryptionKey, dataKey: Buffer, binding: KeyBinding): string {
  const nonce = randomBytes(NONCE_BYTES)
  return Buffer.concat([nonce, encrypt(bytes, nonce, associated('data key', binding), dataKey)]).toString('base64')
}

function unwrap({ bytes }: KeyEncryptionKey, { wrappedDataKey }: SealedKey, binding: KeyBinding): Buffer {
  const wrapped = Buffer.from(wrappedDataKey, 'base64')
  const nonce = wrapped.subarray(0, NONCE_BYTES)
  return decrypt(bytes, nonce, associated('data key', binding), wrapped.subarray(NONCE_BYTES))
}

function orDoesNotOpen<T>(binding: KeyBinding, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw new AppError('INTERNAL', 'The private key does not open: it was altered, or belongs elsewhere.', {
      cause,
      facts: { ...binding },
    })
  }
}

// JSON keeps the parts apart: no owner and certificate can be read as another pair.
const associated = (layer: string, { ownerId, secretId }: KeyBinding): Buffer =>
  Buffer.from(JSON.stringify(['mooring', 1, layer, ownerId, secretId]))

function encrypt(key: Buffer, nonce: Buffer, aad: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad)
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function decrypt(key: Buffer, nonce: Buffer, aad: Buffer, sealed: Buffer): Buffer {
  // The length is given, so that a tag cut short is refused and not accepted as a weaker one.
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad)
  const end = sealed.length - TAG_BYTES
  decipher.setAuthTag(sealed.subarray(Math.max(end, 0)))
  return Buffer.concat([decipher.update(sealed.subarray(0, Math.max(end, 0))), decipher.final()])
}
