import { type KeyObject, createHash, createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto'

/** An account's key, which never leaves it: only signatures and the public half do. */
export interface AccountSigner {
  jwk: { crv: string; kty: string; x: string; y: string }
  /** RFC 7638, base64url; the second half of every key authorization. */
  thumbprint: string
  sign(data: string): Buffer
}

export const base64url = (data: string | Buffer): string => Buffer.from(data).toString('base64url')

/** A signer for a P-256 key in PEM. */
export function createSigner(keyPem: string): AccountSigner {
  const key = createPrivateKey(keyPem)
  const jwk = publicJwk(key)
  return {
    jwk,
    thumbprint: createHash('sha256').update(JSON.stringify(jwk)).digest('base64url'),
    sign: (data) => sideBySide(sign('sha256', Buffer.from(data), key)),
  }
}

/** Of r and of s on P-256. */
const INTEGER_BYTES = 32

/**
 * JOSE wants r and s side by side (RFC 7518 §3.4), not in DER. Node's `dsaEncoding` does the same for more than twice the
 * CPU: a key with options costs it an exception. P-256 signatures are below 128 bytes, so every DER length is one byte.
 */
function sideBySide(der: Buffer): Buffer {
  const sAt = 4 + (der[3] ?? 0)
  const [r, s] = [der.subarray(4, sAt), der.subarray(sAt + 2)]
  const signature = Buffer.alloc(2 * INTEGER_BYTES)
  for (const [index, integer] of [r, s].entries()) {
    // DER leads with a zero where the first bit is set, and leaves out zeros that a fixed width has.
    const digits = integer.subarray(Math.max(0, integer.length - INTEGER_BYTES))
    digits.copy(signature, (index + 1) * INTEGER_BYTES - digits.length)
  }
  return signature
}

// The members in the order that RFC 7638 §3.3 hashes.
function publicJwk(key: KeyObject): AccountSigner['jwk'] {
  const { crv = '', kty = '', x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' })
  return { crv, kty, x, y }
}

export interface SignedContent {
  url: string
  nonce: string
  /** The account's URL; null signs with the whole key, which only newAccount takes (RFC 8555 §6.2). */
  kid: string | null
  /** Null is POST-as-GET (RFC 8555 §6.3). */
  payload: object | null
}

/** A request body: flattened JWS, ES256. */
export function signJws(signer: AccountSigner, { url, nonce, kid, payload }: SignedContent): string {
  const identity = kid === null ? { jwk: signer.jwk } : { kid }
  return JSON.stringify(flattened(signer, { alg: 'ES256', ...identity, nonce, url }, payload))
}

/**
 * The new key's word that it takes the account over from `oldKey` (RFC 8555 §7.3.5). It has no nonce: it is the payload
 * of a request that has one.
 */
export const signKeyChange = (
  newSigner: AccountSigner,
  { url, kid, oldKey }: { url: string; kid: string; oldKey: AccountSigner['jwk'] },
): object => flattened(newSigner, { alg: 'ES256', jwk: newSigner.jwk, url }, { account: kid, oldKey })

function flattened(signer: AccountSigner, header: object, payload: object | null) {
  const [head, body] = [base64url(JSON.stringify(header)), payload === null ? '' : base64url(JSON.stringify(payload))]
  return { protected: head, payload: body, signature: base64url(signer.sign(`${head}.${body}`)) }
}

/** Credentials a CA gives to its customers to bind ACME accounts to them. */
export interface ExternalAccount {
  kid: string
  /** base64url, as CAs hand it out. */
  hmacKey: string
}

/** The proof that whoever holds `external` wants this account key (RFC 8555 §7.3.4): HS256 over the key. */
export function bindExternalAccount(external: ExternalAccount, signer: AccountSigner, newAccountUrl: string): object {
  const header = base64url(JSON.stringify({ alg: 'HS256', kid: external.kid, url: newAccountUrl }))
  const payload = base64url(JSON.stringify(signer.jwk))
  const mac = createHmac('sha256', Buffer.from(external.hmacKey, 'base64url')).update(`${header}.${payload}`)
  return { protected: header, payload, signature: mac.digest('base64url') }
}
