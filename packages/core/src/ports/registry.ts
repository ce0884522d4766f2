import type { Certificate, IssuedCertificate } from '../certificate/certificate.ts'
import type { SealedKey } from '../certificate/sealed-key.ts'
import type { Domain, Lane, Tls, Verification } from '../domain/domain.ts'
import type { DnsProviderName } from './dns-provider.ts'
import type { Hostname } from '../domain/hostname.ts'
import type { Target } from '../domain/target.ts'
import type { State, StepName } from '../lifecycle/states.ts'
import type { DeadLetter } from '../messages.ts'
import type { Actor, Reason, ReasonCode } from '../reasons.ts'
import type { RouteProgress } from './edges.ts'

export interface NewDomain {
  id: string
  hostname: Hostname
  tenant: string
  target: Target
  verification: Verification
  tls: Tls
  edgePool: string
  metadata: Record<string, unknown>
  lane: Lane
  /** Of the request that asked for it; kept in its first event, so that a launch can be followed from there. */
  requestId?: string
}

/** A domain as the API shows it: the row, and what stands beside it. */
export interface DomainView {
  domain: Domain
  /** Tenants that may have names below this one without a proof of their own. */
  consents: string[]
  /** The managed zone the hostname lies in, if its method is `managed`. */
  provider: DnsProviderName | null
  certificate: Pick<Certificate, 'id' | 'issuer' | 'status' | 'issued'> | null
  route: RouteProgress | null
}

export interface DomainFilter {
  state?: State
  reason?: ReasonCode
  actor?: Actor
  tenant?: string
  /** Named by the target. */
  service?: string
  /** Part of a hostname. */
  q?: string
  /** Of the certificate in use. Then those whose certificates end first come first. */
  expiresBefore?: Date
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
  /** Of a step that has ended and was traced. */
  traceId: string | null
}

export const JOB_KINDS = ['due', 'running', 'waiting', 'failed', 'dead'] as const
export type JobKind = (typeof JOB_KINDS)[number]

export interface JobFilter {
  kind?: JobKind | undefined
  /** Part of a hostname, or of a dead letter's queue. */
  q?: string | undefined
  lane?: Lane | undefined
  tenant?: string | undefined
  /** Who holds it, or held it last. */
  worker?: string | undefined
  step?: StepName | undefined
  /** The code of its reason, or of what is wrong with a dead letter. */
  reason?: string | undefined
}

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

/** Certificates that were issued, whatever became of them. */
export const CERTIFICATE_STATUSES = ['issued', 'superseded', 'parked', 'revoked'] as const

export interface CertificateFilter {
  status: (typeof CERTIFICATE_STATUSES)[number]
  expiresBefore?: Date | undefined
}

/** A certificate as operators look through them. */
export interface ListedCertificate
  extends Pick<Certificate, 'id' | 'domainId' | 'issuer'>,
    Omit<IssuedCertificate, 'chainPem'> {
  hostname: Hostname
  status: CertificateFilter['status']
  /** What holds up the renewal of a certificate in use; null while nothing does. */
  renewalReason: Reason | null
}

/** A customer's own certificate, judged and sealed. */
export interface ImportedCertificate {
  id: string
  sealedKey: SealedKey
  issued: IssuedCertificate
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
  /** A claim of its own for each tenant; `exists` when this tenant has one already. */
  create(domain: NewDomain): Promise<{ kind: 'created'; domain: Domain } | { kind: 'exists'; id: string }>
  /** Each as `create` has it, in the order given, in one statement; `unknown_pool` where there is no such edge pool. */
  createMany(
    domains: readonly NewDomain[],
  ): Promise<({ kind: 'created' } | { kind: 'exists'; id: string } | { kind: 'unknown_pool' })[]>
  /** By id, or by hostname: the holder, else the newest claim that is not deprovisioned, else the newest. */
  find(idOrHostname: string): Promise<DomainView | null>
  list(filter: DomainFilter, page: Page): Promise<Paged<DomainView>>
  events(domainId: string, page: Page): Promise<Paged<DomainEvent>>
  attempts(domainId: string, page: Page): Promise<Paged<Attempt>>
  jobs(filter: JobFilter, page: Page): Promise<Paged<Job>>
  /** Each counted up to 100,000. */
  jobCounts(): Promise<Record<JobKind, number>>
  /** Those that end first come first. */
  certificates(filter: CertificateFilter, page: Page): Promise<Paged<ListedCertificate>>

  /**
   * Looks at once, wherever the domain is: an active one proves its ownership again, one that was let go is looked at for
   * records left behind. What has nothing to look at stays as it is (`applied` all the same).
   */
  check(id: string): Promise<IntentAnswer>
  /** A failed domain goes on at the step that failed, with fresh attempts. */
  retry(id: string): Promise<IntentAnswer>
  /** Renews the certificate of an active domain now, as if its time had come. */
  renew(id: string): Promise<IntentAnswer>
  /**
   * Uses a customer's own certificate from now on: at once where one is served. The same one again changes nothing. A
   * failed domain takes it and stays failed; one that leaves does not take it.
   */
  importCertificate(id: string, imported: ImportedCertificate): Promise<IntentAnswer>
  /** New target or metadata. A route that is out is published anew; an active domain confirms it (`confirm_change`). */
  change(id: string, patch: { target?: Target; metadata?: Record<string, unknown> }): Promise<IntentAnswer>
  /** An active domain shows a holding page until it is resumed. */
  suspend(id: string): Promise<IntentAnswer>
  /** Ends a suspension by a person. One for lost ownership ends by proof alone: it is looked for at once. */
  resume(id: string): Promise<IntentAnswer>
  /** A new token; the old one stays good for the grace of rotations where it has proved the name already. */
  rotateToken(id: string): Promise<IntentAnswer>
  /**
   * Starts leaving: `deprovisioning` at `withdraw_route`. Again with `immediate` cuts the grace short, with `revoke`
   * asks for the certificate to be revoked at its end.
   */
  remove(id: string, options: { immediate: boolean; revoke: boolean }): Promise<IntentAnswer>
  /** A leaving domain that still holds its name comes back: it proves itself anew and uses the certificate it has. */
  restore(id: string): Promise<IntentAnswer>
  /** Forgets metadata, target and whatever a person typed, of a deprovisioned domain; what happened and when stays. */
  erase(id: string): Promise<IntentAnswer>
  /** Lets another tenant have names below this domain's without a proof of their own. What it has is not looked at anew. */
  giveConsent(id: string, tenant: string): Promise<IntentAnswer>
  /** What the tenant has by this consent alone has lost its proof, and goes the way of every lost proof. */
  withdrawConsent(id: string, tenant: string): Promise<IntentAnswer>

  /**
   * Runs `work` in one transaction in which nobody else changes the domain: what is read there still holds when it is
   * acted upon. A `Registry` inside `work` writes in that transaction.
   */
  holding<Answer>(id: string, work: (registry: Registry) => Promise<Answer>): Promise<Answer>

  /** Answers a challenge (RFC 8555 §8.3), for the hostname it was made for only. */
  challengeAnswer(token: string, hostname: string): Promise<string | null>

  /**
   * Runs `work` in one transaction with the key's row: same key and request answer the same for 24 h.
   * A `Registry` inside `work` writes in that transaction. What `work` throws rolls everything back.
   * `patienceMs`: for how long `work` may be busy elsewhere.
   */
  idempotently(
    key: string,
    requestHash: string,
    work: (registry: Registry) => Promise<StoredResponse>,
    options?: { patienceMs?: number },
  ): Promise<
    { kind: 'answered'; response: StoredResponse; replayed: boolean } | { kind: 'in_flight' } | { kind: 'mismatch' }
  >
}

export interface StoredResponse {
  status: number
  headers: Record<string, string>
  body: unknown
}
