/**
 * What the business needs from the outside world. Adapters implement these; each port with more than one
 * implementation has a contract suite in `test/contracts` that all of them pass.
 */
import type { Certificate, IssuedCertificate } from './certificate/certificate.ts'
import type { Domain, Lane, Verification } from './domain/domain.ts'
import type { Hostname } from './domain/hostname.ts'
import type { Target } from './domain/target.ts'
import type { EdgeReport, Route } from './edge/route.ts'
import type { Outcome, RouteIntent } from './lifecycle/outcome.ts'
import type { State, StepName } from './lifecycle/states.ts'
import type { Actor, Reason, ReasonCode } from './reasons.ts'
import type { DeadLetter, Hint } from './messages.ts'

// ── Truth ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The right to work on one domain, until `until` by the database's clock. The token fences every later write. */
export interface Lease {
  domainId: string
  token: number
  /** The domain's `gen` when it was claimed: an outcome decided on an older one does not stand. */
  gen: number
  worker: string
}

export type ClaimAnswer = { kind: 'claimed'; lease: Lease; domain: Domain } | { kind: 'not_due' }

/**
 * - `recorded`    the outcome stands; `domain` is as it is now, still leased when the outcome was `done` and more is due
 * - `superseded`  a newer intent arrived during the step: facts are kept, the lease is given up, the row is due now
 * - `lost`        another worker owns the domain: nothing was written
 */
export type RecordAnswer =
  | { kind: 'recorded'; domain: Domain; leased: boolean }
  | { kind: 'superseded' }
  | { kind: 'lost' }

/** What the engine decided from an outcome. */
export interface Transition {
  step: StepName
  outcome: Outcome
  /** Where the domain goes. */
  next: { state: State; step: StepName }
  /** Why it waits there or failed; null while it moves or rests. */
  reason: Reason | null
  /** The claim count from here on: the engine's decision, written as it stands. */
  attempt: number
  /** What the edges shall do with the name from now on; null leaves that as it is. */
  route: RouteIntent | null
  /** When it is due there; null rests until somebody asks. `'now'` keeps the lease. */
  due: 'now' | Date | null
}

export interface DomainStore {
  /** Claims the domain if it is due and nobody holds it: one UPDATE by the database's clock. */
  claim(domainId: string, worker: string): Promise<ClaimAnswer>
  /** Extends the lease; false when it is lost. */
  heartbeat(lease: Lease): Promise<boolean>
  /** State, event, attempt, route and notice in one statement, only under the lease's token. */
  record(lease: Lease, transition: Transition): Promise<RecordAnswer>
  /** Gives the domain back untouched and due now, its attempt uncounted: the process is stopping. */
  release(lease: Lease): Promise<void>
}

// ── Dispatch ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Carries hints to workers. Losing, repeating or reordering every message changes nothing but latency. */
export interface JobQueue {
  /**
   * Publishes and waits for the broker's word. `confirmed` are in a queue; `unconfirmed` are unknown or returned:
   * the row stays hinted and is hinted again later. Never throws for a broker that is down.
   */
  publish(hints: Hint[]): Promise<{ confirmed: number; unconfirmed: number }>
  /** Hands hints to `handle`, at most `slots` at a time over all lanes, the most urgent lane first. Acks when `handle` settles. */
  consume(options: { slots: number; handle: (hint: Hint) => Promise<void> }): Promise<Consumer>
  /** Hands dead letters to `handle`, acking each only after it resolved. */
  consumeDeadLetters(handle: (letter: DeadLetter) => Promise<void>): Promise<Consumer>
  /** Messages waiting per lane, so that the promoter keeps queues shallow; null while the broker cannot be asked. */
  depth(): Promise<Record<Lane, number> | null>
  /** Whether the broker is connected and not blocking publishers. */
  isHealthy(): boolean
  close(): Promise<void>
}

export interface Consumer {
  /** Takes no new work, waits up to `drainMs` for what is in hand, then returns. */
  stop(options: { drainMs: number }): Promise<void>
}

// ── DNS ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export type RecordType = 'TXT' | 'CNAME' | 'A' | 'AAAA'

/**
 * One server's answer. `records` holds the whole answer section: a CNAME chain is followed by the reader.
 * TXT values have their strings joined (RFC 7208 §3.3 does the same). Names are lower case without the last dot.
 */
export type DnsAnswer =
  | { kind: 'records'; records: DnsRecord[] }
  | { kind: 'no_data' }
  | { kind: 'nxdomain' }
  | { kind: 'servfail'; rcode: string }
  | { kind: 'timeout' }

export interface DnsRecord {
  name: string
  type: RecordType
  value: string
  ttlSeconds: number
}

export interface Resolver {
  /** Servers that `lookup` may be asked about, as `ip:port`. */
  readonly servers: readonly string[]
  /** Asks one server, over TCP when the answer is truncated. Never throws for what DNS may do. */
  lookup(name: string, type: RecordType, server: string): Promise<DnsAnswer>
}

// ── Certificates ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** A certificate authority. Every call is bounded by a deadline and throws `CaProblem` for whatever the CA refuses. */
export interface Issuer {
  readonly name: string
  /** Places an order; nothing is spent until it is finalized. */
  placeOrder(hostname: Hostname, signal: AbortSignal): Promise<PlacedOrder>
  /** Tells the CA to look at the challenges and waits a few seconds at most. Safe to repeat. */
  validate(order: OrderReference, signal: AbortSignal): Promise<OrderProgress>
  /** Finalizes, or picks up where a finalized order stands, and downloads the chain. Safe to repeat. */
  finalize(order: OrderReference, csrDer: Buffer, signal: AbortSignal): Promise<Finalized>
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

/** Seals private keys for storage (AES-256-GCM under a wrapped data key) and opens them for edges. */
export interface KeyCustody {
  seal(keyPem: string, binding: KeyBinding): SealedKey
  open(sealed: SealedKey, binding: KeyBinding): string
}

/** Bound into the ciphertext: a sealed key moved to another row does not open. */
export interface KeyBinding {
  ownerId: string
  certificateId: string
}

/** JSON-safe; every value base64. */
export interface SealedKey {
  version: 1
  /** Which key-encryption key wrapped the data key: first 8 hex digits of its SHA-256. */
  kek: string
  wrappedDataKey: string
  nonce: string
  ciphertext: string
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
}

// ── Edges ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** How far a pool's edges are with one domain's route. */
export interface RouteProgress {
  /** Names of live edges (heartbeat within the limit) that proved the generation. */
  proved: string[]
  /** Live edges that have not yet. */
  pending: string[]
  /** Live or not: edges that refused this domain's configuration at this generation. */
  rejected: { edge: string; detail: string }[]
  /** Registered edges that are not live and have not proved the generation. */
  silent: string[]
}

export interface EdgeStore {
  progress(domain: Pick<Domain, 'id' | 'edgePool' | 'routeGeneration'>): Promise<RouteProgress>
}

/** The API's side of edges. */
export interface EdgeRegistry {
  /** Registers an edge, or gives a known one a new token (the old one stops working). The token is never stored. */
  enrol(edge: { name: string; pool: string }): Promise<{ edge: RegisteredEdge; token: string }>
  authenticate(token: string): Promise<RegisteredEdge | null>
  list(): Promise<(RegisteredEdge & { live: boolean })[]>
  /** Forgets an edge: removals no longer wait for it. Domains that waited are made due. */
  remove(id: string): Promise<{ removed: boolean; due: string[] }>
  /**
   * Routes of the edge's pool changed since `generation`, oldest first, at most `limit`; the answer's `generation` is
   * that of the last route in it, or the pool's when nothing is left. Also counts as a heartbeat.
   */
  routesSince(
    edge: RegisteredEdge,
    generation: number,
    limit: number,
  ): Promise<{ generation: number; routes: StoredRoute[] }>
  /** Stores the report and makes the domains that waited for it due, in one transaction; returns their ids. */
  report(edge: RegisteredEdge, report: EdgeReport): Promise<string[]>
}

export interface RegisteredEdge {
  id: string
  name: string
  pool: string
  registeredAt: Date
  lastSeenAt: Date | null
  generation: number
  server: string | null
}

/** A route as stored: its key is still sealed (binding: domain id and certificate id). */
export interface StoredRoute extends Omit<Route, 'certificate'> {
  certificate: { id: string; serial: string; chainPem: string; sealedKey: SealedKey } | null
}

// ── Registration and reading ─────────────────────────────────────────────────────────────────────────────────────────

export interface NewDomain {
  id: string
  hostname: Hostname
  tenant: string
  target: Target
  verification: Verification
  tls: { mode: 'auto' | 'off' }
  edgePool: string
  metadata: Record<string, unknown>
  lane: Lane
}

/** A domain as the API shows it: the row, and what stands beside it. */
export interface DomainView {
  domain: Domain
  certificate: Pick<Certificate, 'id' | 'issuer' | 'status' | 'issued'> | null
  route: RouteProgress | null
}

export interface DomainFilter {
  state?: State
  reason?: ReasonCode
  actor?: Actor
  tenant?: string
  /** Part of a hostname. */
  q?: string
}

export interface Page {
  limit: number
  cursor: string | null
}

export interface Paged<T> {
  data: T[]
  nextCursor: string | null
}

export interface DomainEvent {
  id: number
  at: Date
  type: string
  actor: string
  data: Record<string, unknown>
}

export interface Attempt {
  id: number
  step: string
  worker: string
  startedAt: Date
  finishedAt: Date | null
  outcome: 'running' | 'done' | 'wait' | 'retry' | 'failed' | 'superseded' | 'lost'
  code: string | null
  detail: string | null
}

export const JOB_KINDS = ['due', 'running', 'waiting', 'failed', 'dead'] as const
export type JobKind = (typeof JOB_KINDS)[number]

/** A domain as work, or a dead letter (then `domainId` is null and `hostname` is the queue's name). */
export interface Job {
  kind: JobKind
  domainId: string | null
  hostname: string
  tenant: string | null
  state: string | null
  step: string | null
  lane: string | null
  attempt: number | null
  worker: string | null
  reason: Reason | null
  /** What is wrong with a dead letter; null for a domain. */
  deadLetter: Pick<DeadLetter, 'code' | 'detail' | 'excerpt' | 'bytes'> | null
  /** When it became due, was claimed, is due next, failed or died, by kind. */
  at: Date
}

/**
 * An intent's answer. `applied` raised `gen` and made the row due; the caller publishes its hint.
 * `wrong_state` says where the domain is.
 */
export type IntentAnswer =
  | { kind: 'applied'; domain: Domain }
  | { kind: 'wrong_state'; state: State }
  | { kind: 'not_found' }

/** What people do to domains. Every method that writes also writes its event, in the same transaction. */
export interface Registry {
  create(
    domain: NewDomain,
  ): Promise<{ kind: 'created'; domain: Domain } | { kind: 'exists'; id: string; tenant: string }>
  /** By id, or by hostname: the holder, else the newest. */
  find(idOrHostname: string): Promise<DomainView | null>
  list(filter: DomainFilter, page: Page): Promise<Paged<DomainView>>
  events(domainId: string, page: Page): Promise<Paged<DomainEvent>>
  attempts(domainId: string, page: Page): Promise<Paged<Attempt>>
  jobs(kind: JobKind | null, page: Page): Promise<Paged<Job>>
  jobCounts(): Promise<Record<JobKind, number>>

  /** Looks at once, wherever the domain is; a domain at rest is left as it is (`applied` all the same). */
  check(id: string): Promise<IntentAnswer>
  /** A failed domain goes on at the step that failed, with fresh attempts. */
  retry(id: string): Promise<IntentAnswer>
  /** New target or metadata. A route that is out is published anew; an active domain confirms it (`confirm_change`). */
  change(id: string, patch: { target?: Target; metadata?: Record<string, unknown> }): Promise<IntentAnswer>
  /** Starts leaving: `deprovisioning` at `withdraw_route`. Again with `immediate` cuts the grace short. */
  remove(id: string, options: { immediate: boolean }): Promise<IntentAnswer>

  /** Answers a challenge (RFC 8555 §8.3), for the hostname it was made for only. */
  challengeAnswer(token: string, hostname: string): Promise<string | null>

  /**
   * Runs `work` in one transaction with the key's row: same key and request answer the same for 24 h.
   * A `Registry` inside `work` writes in that transaction. What `work` throws rolls everything back.
   */
  idempotently(
    key: string,
    requestHash: string,
    work: (registry: Registry) => Promise<StoredResponse>,
  ): Promise<
    { kind: 'answered'; response: StoredResponse; replayed: boolean } | { kind: 'in_flight' } | { kind: 'mismatch' }
  >
}

export interface StoredResponse {
  status: number
  headers: Record<string, string>
  body: unknown
}

/** Finds due work for the queue. */
export interface Dispatch {
  /**
   * Marks due rows without a live lease or outstanding hint as hinted, round-robin across tenants, and returns their
   * hints. With `only`, these domains only (right after an intent or a report).
   */
  takeDue(options: { limit: number; only?: string[] }): Promise<Hint[]>
  /** When the earliest row that `takeDue` would take falls due; null when nothing waits. */
  nextDueAt(): Promise<Date | null>
}
