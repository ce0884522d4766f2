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
 * `kekHex` is 32 bytes as 64 hex digits. Both methods throw `AppError` `INTERNAL`.
 */
export function createKeyCustody(kekHex: string): KeyCustody {
  if (!/^[0-9a-f]{64}$/i.test(kekHex)) {
    throw new AppError('INTERNAL', 'The key-encryption key must be 32 bytes, written as 64 hex digits.')
  }
  const kek = Buffer.from(kekHex, 'hex')
  const kekId = createHash('sha256').update(kek).digest('hex').slice(0, 8)

  return {
    seal(keyPem, binding) {
      const dataKey = randomBytes(32)
      const nonce = randomBytes(NONCE_BYTES)
      const wrapNonce = randomBytes(NONCE_BYTES)
      return {
        version: 1,
        kek: kekId,
        wrappedDataKey: Buffer.concat([
          wrapNonce,
          encrypt(kek, wrapNonce, associated('data key', binding), dataKey),
        ]).toString('base64'),
        nonce: nonce.toString('base64'),
        ciphertext: encrypt(dataKey, nonce, associated('key', binding), Buffer.from(keyPem)).toString('base64'),
      }
    },
    open(sealed, binding) {
      if (sealed.version !== 1 || sealed.kek !== kekId) {
        throw new AppError('INTERNAL', 'The private key was sealed with another key-encryption key.', {
          facts: { ...binding, sealedWith: sealed.kek, have: kekId },
        })
      }
      return openWith(kek, sealed, binding)
    },
  }
}

function openWith(kek: Buffer, sealed: SealedKey, binding: KeyBinding): string {
  try {
    const wrapped = Buffer.from(sealed.wrappedDataKey, 'base64')
    const wrapNonce = wrapped.subarray(0, NONCE_BYTES)
    const dataKey = decrypt(kek, wrapNonce, associated('data key', binding), wrapped.subarray(NONCE_BYTES))
    const nonce = Buffer.from(sealed.nonce, 'base64')
    const ciphertext = Buffer.from(sealed.ciphertext, 'base64')
    return decrypt(dataKey, nonce, associated('key', binding), ciphertext).toString('utf8')
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
