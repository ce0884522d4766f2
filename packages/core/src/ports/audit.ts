import type { AuditRecord } from '../audit/audit-record.ts'
import type { AuditChain } from '../audit/verify-chain.ts'
import type { Page, Paged } from './registry.ts'

/** Who changes what, known before the change. */
export interface AuditedChange {
  actor: AuditActor
  /** Such as `domains.suspend`. */
  action: string
  /** The id of what is there already; null for what is made by the change. */
  subject: string | null
  /** In the words of whoever did it. */
  why: string | null
  address: string | null
  userAgent: string | null
  requestId: string | null
}

export interface AuditActor {
  /** `unknown`: refused before anybody could say who it was. */
  kind: 'key' | 'user' | 'unknown'
  id: string
  name: string
  /** Whose key it is; null for the platform's own people and keys. */
  tenant: string | null
}

/** What is known after it. */
export interface AuditNote {
  /** The id of what was made. */
  subject?: string
  /** Where neither the subject nor the actor says whose it is. */
  tenant?: string
  /** Facts of a subject that has no row of its own, such as the counts of a bulk action. Nothing personal, no secrets. */
  before?: unknown
  after?: unknown
}

export interface AuditFilter {
  tenant?: string | undefined
  /** The id of a key or a user. */
  actor?: string | undefined
  action?: string | undefined
  subject?: string | undefined
}

/** A row as it is listed; its chain's fields are null until it is sealed, a second or so after the change. */
export type AuditEntry = Omit<AuditRecord, 'seq' | 'personal_hash' | 'prev_hash' | 'hash'> & {
  seq: number | null
  hash: string | null
}

export interface AuditLog {
  /**
   * Runs `work` in one transaction with the row that tells of it: both are there, or neither is. Whatever a store of the
   * same database writes within `work` belongs to that transaction; `work` asks nobody else, for it holds a connection.
   * `note` reads the result: a row for each note, none where nothing was changed; without it, one.
   */
  recorded<T>(change: AuditedChange, work: () => Promise<T>, note?: (result: T) => AuditNote[]): Promise<T>
  /** After the fact: what was refused, or was done elsewhere. */
  write(change: AuditedChange, told: AuditNote & { outcome: 'done' | 'refused' }): Promise<void>
}

/** The platform's view, or one tenant's. */
export interface AuditReader {
  /** Newest first. */
  list(filter: AuditFilter, page: Page): Promise<Paged<AuditEntry>>
  /** All chains, or the one of a tenant, in the order of the tenants. */
  chains(tenant: string | null): AsyncIterable<AuditChain>
  /** The chain's rows in their order up to its head, in bounded memory. */
  records(chain: AuditChain): AsyncIterable<AuditRecord>
}
