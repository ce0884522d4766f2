import type { RecordSet } from '../ports.ts'

type RecordType = RecordSet['type']

/** Says in DNS itself which record sets at a name Mooring wrote, and for which of its domains. */
export interface Mark {
  /** The domain's id. */
  owner: string
  types: RecordType[]
}

const TTL_SECONDS = 300
const MAX_NAME_LENGTH = 253
const MARK = /^heritage=mooring domain=([^\s=]+) types=((?:A|AAAA|CNAME|TXT)(?:,(?:A|AAAA|CNAME|TXT))*)$/

/**
 * The name of the TXT record that marks the records at `name`; null when it would be too long for DNS (RFC 1035 §2.3.4).
 *
 * It stands below the name and not at it, because nothing may stand beside a CNAME (RFC 1034 §3.6.2). An asterisk is a
 * wildcard only as the first label (RFC 4592 §2.1.1), so a wildcard's mark stands beside it under a name of its own.
 */
export function markNameOf(name: string): string | null {
  const markName = name.startsWith('*.') ? `_mooring-owner-wildcard.${name.slice(2)}` : `_mooring-owner.${name}`
  return markName.length > MAX_NAME_LENGTH ? null : markName
}

/** The TXT set at `markName`, `heritage=mooring domain=<id> types=A,AAAA`: after external-dns's TXT registry. */
export function markSet(markName: string, { owner, types }: Mark): RecordSet {
  const value = `heritage=mooring domain=${owner} types=${[...types].sort().join(',')}`
  return { name: markName, type: 'TXT', ttlSeconds: TTL_SECONDS, values: [value] }
}

/** Null when the set is anything but one mark: then it is somebody else's record. */
export function readMark({ values }: RecordSet): Mark | null {
  const [value, ...others] = values
  const [, owner, types] = MARK.exec(value ?? '') ?? []
  if (owner === undefined || types === undefined || others.length > 0) return null
  return { owner, types: types.split(',') as RecordType[] }
}
