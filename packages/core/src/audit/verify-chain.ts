import { type AuditRecord, hashPersonal, hashRecord } from './audit-record.ts'

/** A chain from after what was removed in time to its last row. */
export interface AuditChain {
  tenant: string
  /** The last row that was removed; number 0 while there is none. */
  after: ChainPlace
  head: ChainPlace
}

export interface ChainPlace {
  seq: number
  hash: string
}

export interface ChainVerdict {
  tenant: string
  /** How many rows were looked at. */
  entries: number
  ok: boolean
  /** The first number that is not as it was written: a row that was changed, is missing, or comes out of turn. */
  brokenAt: number | null
}

/** Whether `records`, in the order of their numbers, are the chain, all of it and nothing else. Ends at the first that is not. */
export async function verifyChain(
  { tenant, after, head }: AuditChain,
  records: AsyncIterable<AuditRecord>,
): Promise<ChainVerdict> {
  let last = after
  let entries = 0
  for await (const record of records) {
    entries += 1
    if (!follows(record, last, tenant)) return { tenant, entries, ok: false, brokenAt: last.seq + 1 }
    last = record
  }
  if (last.seq === head.seq && last.hash === head.hash) return { tenant, entries, ok: true, brokenAt: null }
  return { tenant, entries, ok: false, brokenAt: last.seq < head.seq ? last.seq + 1 : head.seq }
}

function follows(record: AuditRecord, last: ChainPlace, tenant: string): boolean {
  const { seq, prev_hash: prevHash, hash, personal, personal_hash: personalHash } = record
  if (record.tenant !== tenant || seq !== last.seq + 1 || prevHash !== last.hash) return false
  if (personal !== null && hashPersonal(personal) !== personalHash) return false
  return hashRecord(record) === hash
}
