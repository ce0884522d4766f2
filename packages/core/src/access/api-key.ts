import { createHash, randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { newApiKeyId } from '../ids.ts'

/**
 * `moor_<id>_<secret><checksum>`: the id's 32 hex digits, 43 letters and digits at random (256 bits), and the CRC-32 of
 * all that comes before it. The checksum proves nothing; it tells a key that was cut off or mistyped from one that is not
 * known, and lets scanners of source code tell a key from any other text. No character of it ends a word, so that a double
 * click takes all of it.
 */
const API_KEY = /^(moor_([0-9a-f]{32})_[0-9A-Za-z]{43})([0-9A-Za-z]{6})$/
const SECRET_LENGTH = 43

/** A new key: shown once, and kept as its hash. */
export function makeApiKey(): { id: string; key: string; hash: string } {
  const id = newApiKeyId()
  const secret = Array.from({ length: SECRET_LENGTH }, () => DIGITS[randomInt(DIGITS.length)]).join('')
  const unsigned = `moor_${id.replace('key_', '').replaceAll('-', '')}_${secret}`
  const key = unsigned + checksumOf(unsigned)
  return { id, key, hash: hashSecret(key) }
}

export type ReadKey =
  | { kind: 'key'; id: string; hash: string }
  /** It was meant to be one, and is not as it was given out. */
  | { kind: 'mistyped' }
  /** Something else: the environment's key, an edge's token. */
  | { kind: 'other' }

export function readApiKey(text: string): ReadKey {
  const [, unsigned, digits, checksum] = API_KEY.exec(text) ?? []
  if (unsigned !== undefined && digits !== undefined && checksumOf(unsigned) === checksum) {
    return { kind: 'key', id: `key_${withHyphens(digits)}`, hash: hashSecret(text) }
  }
  return { kind: /^moor_(?!edge_)/.test(text) ? 'mistyped' : 'other' }
}

/** For what has 256 random bits: nothing is gained by a slow hash. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex')

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Six digits to the base 62 hold 32 bits. */
function checksumOf(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let place = 0; place < 6; place += 1) {
    digits = `${DIGITS[rest % 62]}${digits}`
    rest = Math.floor(rest / 62)
  }
  return digits
}

const withHyphens = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
