import type { Admission, Block, BucketState } from '../certificate/admission.ts'
import type { Certificate, IssuedCertificate } from '../certificate/certificate.ts'
import type { AuthorityHealth } from '../certificate/circuit.ts'
import type { SealedKey } from '../certificate/sealed-key.ts'
import type { Hostname } from '../domain/hostname.ts'
import type { LimitAsk, BucketName, Limits } from '../certificate/limits.ts'
import type { RenewalWindow } from '../certificate/renewal.ts'
import type { Lease } from './domain-store.ts'

/** How a name is proved to an authority (RFC 8555 §8.3, §8.4). */
export type ChallengeType = 'http-01' | 'dns-01'

/**
 * One account at a certificate authority. Every call is bounded by a deadline and throws `CaProblem` for whatever the
 * authority refuses or fails to do.
 */
export interface Issuer {
  /** Stored with every certificate. The authority's name; of its further accounts, with a number: `acme`, `acme/2`. */
  readonly name: string
  /** The challenges it can answer, the preferred one first. Empty when nothing has to be proved. */
  readonly challenges: readonly ChallengeType[]
  /**
   * What CAA records call this CA (RFC 8659 §4.2): the directory's `caaIdentities` (RFC 8555 §7.1.1), unless the
   * settings say it. Empty when nobody says.
   */
  caaIdentities(signal: AbortSignal): Promise<readonly string[]>
  /** Makes the account beforehand, so that no order ever waits for that. Safe to repeat. */
  register(signal: AbortSignal): Promise<void>
  /** Places an order; no certificate is issued until it is finalized. */
  placeOrder(need: OrderNeed, signal: AbortSignal): Promise<PlacedOrder>
  /** Tells the CA to look at the challenges and waits a few seconds at most. Safe to repeat. */
  validate(order: OrderToProve, signal: AbortSignal): Promise<OrderProgress>
  /** Finalizes, or picks up where a finalized order stands, and downloads the chain. Safe to repeat. */
  finalize(order: OrderReference, csrDer: Buffer, signal: AbortSignal): Promise<Finalized>
  /** Revokes (RFC 8555 §7.6). Safe to repeat: a certificate that is revoked or has expired already is no error. */
  revoke(chainPem: string, signal: AbortSignal): Promise<void>
  /** When the authority suggests to renew the certificate (RFC 9773); null when it does not say such things. */
  renewalInfo(chainPem: string, signal: AbortSignal): Promise<RenewalInfo | null>
}

/** A certificate authority with the accounts that it is used through. */
export interface Authority {
  readonly name: string
  /** At least one. A name stays with the account that it began with. */
  readonly accounts: readonly Issuer[]
  readonly limits: Limits
}

export interface OrderNeed {
  hostname: Hostname
  /** The way the name shall be proved: one of the issuer's. */
  challenge: ChallengeType
  /** The chain that the new certificate replaces (RFC 9773 §5); null when it replaces none, or not inside its window. */
  replaces: string | null
}

export interface OrderReference {
  /** Absolute URL; the CA's name for the order. */
  orderUrl: string
}

export interface OrderToProve extends OrderReference {
  /** What the order was placed with: after a crash, nothing else says which of the CA's challenges was answered. */
  challenge: ChallengeType
}

/** What has to be shown to whoever asks (RFC 8555 §8.3, §8.4). */
export type Challenge =
  | { type: 'http-01'; token: string; keyAuthorization: string }
  /** A TXT record. `name` is absolute and in lower case, `_acme-challenge.` before the name. */
  | { type: 'dns-01'; name: string; value: string }

export interface PlacedOrder extends OrderReference {
  /** What must be shown before `validate`; empty when nothing is left to prove. */
  challenges: Challenge[]
  /** Whether the CA took the order as the replacement that was asked for: such an order is exempt from its limits. */
  replaces: boolean
}

export interface RenewalInfo {
  window: RenewalWindow
  explanationUrl: string | null
  /** When to ask again. */
  retryAt: Date
}

/** `pending` comes with the earliest moment to ask again. */
export type OrderProgress = { status: 'ready' } | { status: 'pending'; retryAt: Date }

export type Finalized = { status: 'issued'; chainPem: string } | { status: 'processing'; retryAt: Date }

/** Makes a leaf's key and the request for it. P-256, because an RSA key costs a thousand times the CPU. */
export interface CsrMaker {
  /** PKCS #8 PEM, and a PKCS #10 request (RFC 2986) for exactly this name. */
  newKeyAndCsr(hostname: Hostname): Promise<{ keyPem: string; csrDer: Buffer }>
}

/**
 * Accounts at ACME directories, shared by every process of the fleet. `id` is the directory's URL; of its further
 * accounts, with a number behind it: `https://ca.example/dir#2`.
 */
export interface AcmeAccounts {
  load(id: string): Promise<AcmeAccount | null>
  /** Stores the key unless one is there; returns what stands, so that processes starting together share one account. */
  save(id: string, sealedKey: SealedKey): Promise<AcmeAccount>
  /** Stores where the CA keeps the account, right after the answer that named it. */
  saveUrl(id: string, accountUrl: string): Promise<void>
  /** Stores the key that is to follow, before the CA hears of it, unless one is there; returns what stands. */
  saveNext(id: string, nextSealedKey: SealedKey): Promise<AcmeAccount & { nextSealedKey: SealedKey }>
  /** The CA knows the account by this next key now: it is the account's key. Changes nothing when that was done before. */
  promoteNext(id: string, nextSealedKey: SealedKey): Promise<AcmeAccount>
  /** The account was given up for good (RFC 8555 §7.3.6); the first moment stands. */
  saveDeactivated(id: string, at: Date): Promise<void>
}

export interface AcmeAccount {
  sealedKey: SealedKey
  /** The key that follows, from before the CA was asked to change it until it is known that it did (RFC 8555 §7.3.5). */
  nextSealedKey: SealedKey | null
  /** The account's URL, which signs as `kid` (RFC 8555 §6.2); null until the CA named it. */
  accountUrl: string | null
  deactivatedAt: Date | null
}

/** Seals private keys and credentials for storage (AES-256-GCM under a wrapped data key) and opens them for use. */
export interface KeyCustody {
  /** Which key-encryption key seals; see `SealedKey.kek`. */
  readonly kek: string
  seal(secret: string, binding: KeyBinding): SealedKey
  open(sealed: SealedKey, binding: KeyBinding): string
  /** Wraps the data key with the present key-encryption key, and leaves the ciphertext; null when it is so already. */
  rewrap(sealed: SealedKey, binding: KeyBinding): SealedKey | null
}

/** Bound into the ciphertext: a sealed secret moved to another row does not open. */
export interface KeyBinding {
  ownerId: string
  secretId: string
}

export interface CertificateStore {
  /** The certificate being obtained for the domain, else the one in use; null when there is none. */
  current(domainId: string): Promise<Certificate | null>
  /** The certificate in use, whether it is the domain's own or a wildcard that it shares. */
  inUse(domainId: string): Promise<Certificate | null>
  /** Stores key and CSR before the first call to the CA. Throws `STALE_LEASE` when the lease is lost, as do all below. */
  begin(lease: Lease, need: CertificateNeed): Promise<Certificate>
  /** Stores the order's URL and the challenges, right after the CA's answer that brought them. */
  saveOrder(lease: Lease, certificateId: string, order: PlacedOrder): Promise<void>
  /**
   * Stores the chain: the row is then what edges may serve, in place of the one before, which is kept as `superseded` until
   * no route names it. What the order had reserved is spent, and the name's failures are forgotten.
   */
  saveIssued(lease: Lease, certificateId: string, issued: IssuedCertificate): Promise<void>
  /** The order is lost: forget it. Key and CSR go too, a new need gets new ones; what it had reserved is free again. */
  abandon(lease: Lease, certificateId: string): Promise<void>
  /** What the authority suggested, and when the certificate is renewed therefore. */
  saveRenewalInfo(lease: Lease, certificateId: string, advice: RenewalAdvice): Promise<void>
  /** Uses the wildcard certificate of another domain of the platform from now on. */
  share(lease: Lease, certificateId: string): Promise<void>
  /** The certificate of a wildcard that the platform shares with the names below it; null when there is none. */
  sharedFor(hostname: Hostname): Promise<Certificate | null>
  /** The answers of the order under way, for those who have to show them. */
  challenges(certificateId: string): Promise<Challenge[]>
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

export interface CertificateNeed {
  id: string
  /** See `Issuer.name`. */
  issuer: string
  sealedKey: SealedKey
  csrDer: Buffer
}

export interface RenewalAdvice {
  window: RenewalWindow | null
  /** When the certificate is renewed. */
  renewAt: Date
  /** When the authority is asked again; null when it does not say such things. */
  askAgainAt: Date | null
}

/** The mirror of the authorities' limits, and what they said; exact under any number of callers. */
export interface Budgets {
  /**
   * Takes what the order needs, all or nothing. What the authority takes at issuance is reserved in the certificate's
   * name, once however often this is asked: `saveIssued` spends it, `abandon` frees it. Throws `STALE_LEASE`.
   */
  admit(lease: Lease, certificateId: string, order: { ca: string; asks: readonly LimitAsk[] }): Promise<Admission>
  /** The authority counted the order although it was to be exempt: one more token is gone. */
  spend(ca: string, asks: readonly LimitAsk[]): Promise<void>
  /** A validation failed. Returns when the name may be ordered again, at the earliest. */
  failed(ca: string, ask: LimitAsk): Promise<Date>
  /** The authority said to come back at `until`, or that somebody has to act at `unpauseUrl`. */
  block(ca: string, ask: Pick<LimitAsk, 'bucket' | 'key'>, word: Block): Promise<void>
  /** Somebody says that the name was unpaused, or is to be tried at once. */
  unblock(hostname: Hostname): Promise<void>
  /** Of these accounts, the one with the most orders left. */
  freest(ca: string, accounts: readonly string[]): Promise<string>
  /** Every bucket that is not full, or was blocked; at most `limit`, the emptiest of each kind first. */
  buckets(limit: number): Promise<(BucketState & { ca: string; bucket: BucketName; key: string })[]>
}

/** How the authorities fare, for the whole fleet. */
export interface AuthorityWatch {
  health(ca: string): Promise<AuthorityHealth>
  /** Whether this caller is the one to look whether the authority is back. */
  beginProbe(ca: string): Promise<boolean>
  failed(ca: string): Promise<AuthorityHealth>
  /** It answers. Costs nothing while it did so before. */
  answered(ca: string): Promise<void>
}
