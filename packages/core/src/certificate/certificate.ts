import type { SealedKey } from './sealed-key.ts'

/**
 * One certificate of one name, from the moment its key exists.
 *
 * - `ordering`  key and CSR are stored; `orderUrl` too once the CA answered
 * - `issued`    the chain is stored and fits the key
 * - `parked`    the domain left; kept for its return
 * - `revoked`   the CA says so to whoever asks: never served again
 */
export interface Certificate {
  /** `crt_` and a UUIDv7. */
  id: string
  domainId: string
  issuer: string
  status: 'ordering' | 'issued' | 'parked' | 'revoked'
  sealedKey: SealedKey
  csrDer: Buffer
  orderUrl: string | null
  issued: IssuedCertificate | null
}

export interface IssuedCertificate {
  /** Leaf first, PEM. */
  chainPem: string
  /** Upper-case hex, as `node:crypto` prints it. */
  serial: string
  notBefore: Date
  notAfter: Date
  renewAt: Date
}
