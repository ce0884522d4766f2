import {
  type JsonWebKey,
  type KeyObject,
  createHash,
  createHmac,
  createPublicKey,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { Refusal } from './problems.ts'

/** A flattened JWS (RFC 7515 §7.2.2) as it was read, not yet verified. */
export interface Jws {
  header: JwsHeader
  /** Decoded; empty in POST-as-GET (RFC 8555 §6.3). */
  payload: string
  signed: string
  signature: Buffer
}

interface JwsHeader {
  alg?: string
  url?: string
  nonce?: string
  kid?: string
  jwk?: JsonWebKey
}

const MEMBERS = ['payload', 'protected', 'signature']

export function readJws(text: unknown): Jws {
  const flattened = typeof text === 'string' ? parsed(text) : text
  if (typeof flattened !== 'object' || flattened === null) throw malformed('The body is not a JWS in JSON.')
  const { protected: head, payload, signature } = flattened as Record<string, unknown>
  // RFC 8555 §6.2: no unprotected header, no second signature.
  if (Object.keys(flattened).length !== MEMBERS.length || MEMBERS.some((member) => !Object.hasOwn(flattened, member)))
    throw malformed(`A JWS has ${MEMBERS.join(', ')} only.`)
  return {
    header: parsed(decoded(head)) as JwsHeader,
    payload: decoded(payload),
    signed: `${String(head)}.${String(payload)}`,
    signature: Buffer.from(String(signature), 'base64url'),
  }
}

export function payloadOf({ payload }: Jws): Record<string, unknown> {
  const value = payload === '' ? {} : parsed(payload)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw malformed('The payload is not a JSON object.')
}

/** Boulder takes these four; its algorithm follows from the key. */
const HASHES: Record<string, string> = { RS256: 'sha256', ES256: 'sha256', ES384: 'sha384', ES512: 'sha512' }
const ALGORITHM_OF_CURVE: Record<string, string> = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' }

export function expectSignature({ header, signed, signature }: Jws, jwk: JsonWebKey): void {
  const hash = HASHES[header.alg ?? '']
  if (hash === undefined) throw new Refusal('badSignatureAlgorithm', `"${header.alg}" is not taken.`, 400)
  const wanted = jwk.kty === 'RSA' ? 'RS256' : ALGORITHM_OF_CURVE[jwk.crv ?? '']
  if (wanted !== header.alg) throw malformed(`The key signs with ${wanted}, not with ${header.alg}.`)
  const key = { key: publicKeyOf(jwk), dsaEncoding: 'ieee-p1363' as const }
  if (!verify(hash, Buffer.from(signed), key, signature)) throw malformed('The signature does not verify.')
}

/** The proof of an external account (RFC 8555 §7.3.4). */
export function expectMac({ header, signed, signature }: Jws, hmacKey: string): void {
  if (header.alg !== 'HS256') throw malformed('External accounts sign with HS256.')
  const mac = createHmac('sha256', Buffer.from(hmacKey, 'base64url')).update(signed).digest()
  if (signature.length === mac.length && timingSafeEqual(mac, signature)) return
  throw new Refusal('unauthorized', 'The external account’s signature does not verify.', 403)
}

function publicKeyOf(jwk: JsonWebKey): KeyObject {
  if (jwk.d !== undefined) throw new Refusal('badPublicKey', 'The JWK holds the private key.', 400)
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch (cause) {
    throw new Refusal('badPublicKey', `The JWK is no public key: ${(cause as Error).message}`, 400)
  }
}

/** RFC 7638 §3.2: the members that make the key, in lexical order. */
export function thumbprintOf({ kty, crv, x, y, e, n }: JsonWebKey): string {
  const members = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y }
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url')
}

function decoded(part: unknown): string {
  if (typeof part === 'string' && /^[\w-]*$/.test(part)) return Buffer.from(part, 'base64url').toString('utf8')
  throw malformed('A part of the JWS is not base64url.')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw malformed('A part of the request is not JSON.')
  }
}

export const malformed = (detail: string, status = 400): Refusal => new Refusal('malformed', detail, status)
