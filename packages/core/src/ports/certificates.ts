import type { Certificate, IssuedCertificate } from '../certificate/certificate.ts'
import type { SealedKey } from '../certificate/sealed-key.ts'
import type { Hostname } from '../domain/hostname.ts'
import type { Lease } from './domain-store.ts'

/** A certificate authority. Every call is bounded by a deadline and throws `CaProblem` for whatever the CA refuses. */
export interface Issuer {
  readonly name: string
  /**
   * What CAA records call this CA (RFC 8659 §4.2): the directory's `caaIdentities` (RFC 8555 §7.1.1), unless the
   * settings say it. Empty when nobody says.
   */
  caaIdentities(signal: AbortSignal): Promise<readonly string[]>
  /** Places an order; nothing is spent until it is finalized. */
  placeOrder(hostname: Hostname, signal: AbortSignal): Promise<PlacedOrder>
  /** Tells the CA to look at the challenges and waits a few seconds at most. Safe to repeat. */
  validate(order: OrderReference, signal: AbortSignal): Promise<OrderProgress>
  /** Finalizes, or picks up where a finalized order stands, and downloads the chain. Safe to repeat. */
  finalize(order: OrderReference, csrDer: Buffer, signal: AbortSignal): Promise<Finalized>
  /** Revokes (RFC 8555 §7.6). Safe to repeat: a certificate that is revoked or has expired already is no error. */
  revoke(chainPem: string, signal: AbortSignal): Promise<void>
}

export interface OrderReference {
  /** Absolute URL; the CA's name for the order. */
  orderUrl: string
}

export interface PlacedOrder extends OrderReference {
  /** HTTP-01 answers (RFC 8555 §8.3) that must be served before `validate`; empty when nothing is left to prove. */
  challenges: { token: string; keyAuthorization: string }[]
}

/** `pending` comes with the earliest moment to ask again. */
export type OrderProgress = { status: 'ready' } | { status: 'pending'; retryAt: Date }

export type Finalized = { status: 'issued'; chainPem: string } | { status: 'processing'; retryAt: Date }

/** Makes a leaf's key and the request for it. P-256, because an RSA key costs a thousand times the CPU. */
export interface CsrMaker {
  /** PKCS #8 PEM, and a PKCS #10 request (RFC 2986) for exactly this name. */
  newKeyAndCsr(hostname: Hostname): Promise<{ keyPem: string; csrDer: Buffer }>
}

/** Account keys of ACME directories, one per directory, shared by every process of the fleet. */
export interface AcmeAccounts {
  load(directoryUrl: string): Promise<AcmeAccount | null>
  /** Stores the key unless one is there; returns what stands, so that processes starting together share one account. */
  save(directoryUrl: string, sealedKey: SealedKey): Promise<AcmeAccount>
  /** Stores where the CA keeps the account, right after the answer that named it. */
  saveUrl(directoryUrl: string, accountUrl: string): Promise<void>
}

export interface AcmeAccount {
  sealedKey: SealedKey
  /** The account's URL, which signs as `kid` (RFC 8555 §6.2); null until the CA named it. */
  accountUrl: string | null
}

/** Seals private keys and credentials for storage (AES-256-GCM under a wrapped data key) and opens them for use. */
export interface KeyCustody {
  seal(secret: string, binding: KeyBinding): SealedKey
  open(sealed: SealedKey, binding: KeyBinding): string
}

/** Bound into the ciphertext: a sealed secret moved to another row does not open. */
export interface KeyBinding {
  ownerId: string
  secretId: string
}

export interface CertificateStore {
  /** The certificate being obtained or in use for the domain; null when there is none. */
  current(domainId: string): Promise<Certificate | null>
  /** Stores key and CSR before the first call to the CA. Throws `STALE_LEASE` when the lease is lost, as do all below. */
  begin(lease: Lease, need: { id: string; issuer: string; sealedKey: SealedKey; csrDer: Buffer }): Promise<Certificate>
  /** Stores the order's URL and the challenge answers, right after the CA's answer that brought them. */
  saveOrder(lease: Lease, certificateId: string, order: PlacedOrder): Promise<void>
  /** Stores the chain. The row is then what edges may serve. */
  saveIssued(lease: Lease, certificateId: string, issued: IssuedCertificate): Promise<void>
  /** The order is lost: forget its URL (key and CSR go too, a new need gets new ones). */
  abandon(lease: Lease, certificateId: string): Promise<void>
  /** Parks the certificate of a domain that left: not served, kept for its return until retention ends. */
  park(lease: Lease, domainId: string): Promise<void>
  /** Of the parked certificates that this tenant left behind for the hostname, the one good for longest; null when there is none. */
  parked(hostname: Hostname, tenant: string): Promise<Certificate | null>
  /**
   * Takes a parked certificate over: from now on it is this domain's, in use again, and its key is sealed for it.
   * False when somebody else took it, or retention ended meanwhile.
   */
  adopt(lease: Lease, certificateId: string, sealedKey: SealedKey): Promise<boolean>
  /** Marks the certificate as revoked: it is never served nor adopted again. */
  markRevoked(lease: Lease, certificateId: string): Promise<void>
}
