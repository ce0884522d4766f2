import type { Domain, PreviousToken, RecordFinding } from './domain.ts'
import { httpProofUrl } from './check-ownership.ts'
import { type EdgeIdentity, httpProof, type RequiredRecord, requiredRecords } from './records.ts'

type Shown = Pick<Domain, 'id' | 'hostname' | 'verification' | 'tls' | 'dns'>

/** A record as callers see it: what must stand there, and what the last look found. */
export interface ShownRecord extends RequiredRecord {
  status: RecordFinding['status']
  observed: string[]
  checked_at: string | null
  accepted_until: string | null
}

/** How the domain is proved, without its tokens: these are in the records, and in the page of the method `http`. */
export function verificationResource({ hostname, verification }: Pick<Shown, 'hostname' | 'verification'>) {
  const { method, routing, expiresAt, previous } = verification
  return {
    method,
    routing,
    expires_at: expiresAt.toISOString(),
    previous: previous === null ? null : { accepted_until: previous.acceptedUntil.toISOString() },
    http:
      method === 'http' ? { url: httpProofUrl({ hostname, verification }), body: httpProof(verification).body } : null,
  }
}

/** What must stand in DNS beside what the last look found; during a rotation also what still may stand there. */
export function dnsRecords(domain: Shown, edge: EdgeIdentity): ShownRecord[] {
  const required = requiredRecords(domain, edge)
  const { previous } = domain.verification
  if (previous === null) return required.map((record) => withFinding(record, domain))
  return required.flatMap((record) =>
    record.purpose === 'ownership'
      ? [newRecord(record, domain), ...oldRecords(domain, previous, edge)]
      : [withFinding(record, domain)],
  )
}

function withFinding(record: RequiredRecord, { dns }: Pick<Shown, 'dns'>): ShownRecord {
  const finding = dns[record.purpose]
  return {
    ...record,
    status: finding?.status ?? 'unknown',
    observed: finding?.observed ?? [],
    checked_at: finding?.checkedAt ?? null,
    accepted_until: null,
  }
}

/** The first look that finds the new token ends the rotation: until then, what was found was the old one. */
function newRecord(record: RequiredRecord, domain: Shown): ShownRecord {
  const shown = withFinding(record, domain)
  if (shown.status !== 'ok') return shown
  const isLookedFor = shown.checked_at !== null && new Date(shown.checked_at) > domain.verification.issuedAt
  return { ...shown, status: isLookedFor ? 'missing' : 'unknown', observed: [] }
}

function oldRecords(domain: Shown, { token, acceptedUntil }: PreviousToken, edge: EdgeIdentity): ShownRecord[] {
  const before = { ...domain, verification: { ...domain.verification, token } }
  return requiredRecords(before, edge)
    .filter(({ purpose }) => purpose === 'ownership')
    .map((record) => ({
      ...withFinding(record, domain),
      // Its expiry was another.
      value: record.type === 'TXT' ? `token=${token}` : record.value,
      accepted_until: acceptedUntil.toISOString(),
    }))
}
