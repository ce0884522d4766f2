import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'

/** Before the first row of a chain. */
export const NO_HASH = '0'.repeat(64)

/**
 * A row of the audit in its chain, as it is hashed and exported. `hash` is the SHA-256 (hex) of the RFC 8785 form of all
 * fields but `hash` and `personal`; `personal_hash` is that of `personal`.
 */
export interface AuditRecord {
  id: string
  /** RFC 3339 in UTC, to the millisecond. */
  at: string
  /** Whose chain; '' is the platform's own. */
  tenant: string
  /** From 1, without a gap. */
  seq: number
  actor: { kind: string; id: string; tenant: string | null }
  action: string
  outcome: string
  subject: string | null
  before: unknown
  after: unknown
  request_id: string | null
  personal_hash: string
  /** Of the row before it; of the first one `NO_HASH`. */
  prev_hash: string
  hash: string
  /** Null once it was erased. */
  personal: AuditPersonal | null
}

/** What is erased sooner than the rest. */
export interface AuditPersonal {
  /** 128 random bits, in hex: without it, nobody could tell from the hash whose name or address it was. */
  salt: string
  name: string
  address: string | null
  user_agent: string | null
  why: string | null
  /** What a person typed, of the subject before and after. */
  before: unknown
  after: unknown
}

export function hashRecord({ hash: _hash, personal: _personal, ...chained }: AuditRecord): string {
  return sha256(canonicalJson(chained))
}

export const hashPersonal = (personal: AuditPersonal): string => sha256(canonicalJson(personal))

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
