import { X509Certificate } from 'node:crypto'
import { x509 } from '../local-ca/x509-library.ts'
import { base64url } from './jws.ts'

/**
 * What ACME calls the first certificate of the chain (RFC 9773 §4.1): its issuer's key identifier and its serial. Null
 * when it does not name its issuer's key: there is no such name for it then.
 */
export function certificateIdOf(chainPem: string): string | null {
  const leaf = new X509Certificate(chainPem)
  const authority = new x509.X509Certificate(leaf.raw).getExtension(x509.AuthorityKeyIdentifierExtension)
  if (authority?.keyId === undefined) return null
  return `${base64url(Buffer.from(authority.keyId, 'hex'))}.${base64url(serialBytes(leaf.serialNumber))}`
}

/** As in the certificate's DER: a positive INTEGER, which a high first bit would make negative. */
function serialBytes(hex: string): Buffer {
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes
}
