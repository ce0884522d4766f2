import { type KeyObject, createPrivateKey } from 'node:crypto'
import { type Parsed, parsed, refused } from '../errors.ts'

/** An RSA key of 4096 bits has 3.3 kB. */
export const MAX_KEY_CHARACTERS = 16_384
const BLOCK = /-----BEGIN ([A-Z0-9 ]{0,30}PRIVATE KEY)-----[^]*?-----END \1-----/g
const SUPPORTED = 'RSA of 2048 to 4096 bits, or ECDSA on P-256 or P-384'
const CURVES = ['prime256v1', 'secp384r1']

/**
 * The one private key in a PEM text, as PKCS #8, PKCS #1 or SEC 1; what stands beside it, such as the parameters of its
 * curve, is passed over. Refuses with a code, and never repeats anything of the text.
 */
export function readPrivateKey(keyPem: string): Parsed<KeyObject> {
  const blocks = keyPem.length > MAX_KEY_CHARACTERS ? [] : [...keyPem.matchAll(BLOCK)]
  const [block] = blocks
  if (block === undefined || blocks.length > 1) {
    return refused('KEY_UNREADABLE', `Expected one private key in PEM, of at most 16 kB; found ${blocks.length}.`)
  }
  // PKCS #8 says it in the label, the older forms in a header (RFC 1421 §4.6.1.1).
  if (block[1] === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type:.*ENCRYPTED/m.test(block[0])) {
    const message = 'The key is encrypted. Decrypt it first, such as with: openssl pkey -in key.pem'
    return refused('KEY_ENCRYPTED', message)
  }
  const key = decoded(block[0])
  if (key === null) return refused('KEY_UNREADABLE', 'The block in key_pem is not a private key.')
  if (isSupported(key)) return parsed(key)
  return refused('KEY_UNSUPPORTED', `Expected ${SUPPORTED}, found ${kindOf(key)}.`)
}

function decoded(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem)
  } catch {
    return null // OpenSSL's words for it are no help to anybody: the caller says what was expected.
  }
}

function isSupported({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): boolean {
  const { modulusLength = 0, namedCurve = '' } = details
  if (type === 'rsa') return modulusLength >= 2048 && modulusLength <= 4096
  return type === 'ec' && CURVES.includes(namedCurve)
}

function kindOf({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): string {
  if (details.modulusLength !== undefined) return `${String(type).toUpperCase()} of ${details.modulusLength} bits`
  return details.namedCurve === undefined ? String(type) : `ECDSA on ${details.namedCurve}`
}
