import type { Reservation } from './admission.ts'
import type { RenewalWindow } from './renewal.ts'
import type { SealedKey } from './sealed-key.ts'

/**
 * One certificate of one name, from the moment its key exists.
 *
 * - `ordering`   key and CSR are stored; `orderUrl` too once the CA answered
 * - `issued`     the chain is stored and fits the key
 * - `superseded` a newer one is in use; edges that have not proved that one serve this
 * - `parked`     the domain left; kept for its return
 * - `revoked`    the CA says so to whoever asks: never served again
 */
export interface Certificate {
  /** `crt_` and a UUIDv7. */
  id: string
  domainId: string
  issuer: string
  status: 'ordering' | 'issued' | 'superseded' | 'parked' | 'revoked'
  sealedKey: SealedKey
  csrDer: Buffer
  orderUrl: string | null
  /** What the order took of the authority's limits and has not spent; null when it was not admitted yet. */
  reserved: Reservation[] | null
  issued: IssuedCertificate | null
  renewal: RenewalState
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

/** A certificate of the domain's, with what the authority said about its renewal. */
export interface RenewalState {
  window: RenewalWindow | null
  /** When the authority is asked about the window again; null when it does not say such things. */
  askAgainAt: Date | null
}
