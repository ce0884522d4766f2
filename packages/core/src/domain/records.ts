import type { Domain, Verification } from './domain.ts'
import { type Hostname, isApex } from './hostname.ts'

/** A DNS record the customer must have. */
export interface RequiredRecord {
  type: 'TXT' | 'CNAME' | 'A' | 'AAAA'
  name: string
  value: string
  purpose: 'ownership' | 'routing'
}

/** Where the platform's edges answer (`MOORING_EDGE_HOSTNAME`, `MOORING_EDGE_ADDRESSES`). */
export interface EdgeIdentity {
  hostname: string
  addresses: readonly string[]
}

export const ownershipRecordName = (hostname: Hostname): string => `_mooring-challenge.${hostname}`

/** The TXT value as the customer enters it. */
export function ownershipRecordValue({ token, expiresAt }: Verification): string {
  return `token=${token} expiry=${expiresAt.toISOString()}`
}

/**
 * Every record the customer needs. An apex cannot hold a CNAME (RFC 1034 §3.6.2), so it gets the edges' addresses;
 * any other name gets a CNAME, and the addresses are accepted as well.
 */
export function requiredRecords(
  domain: Pick<Domain, 'hostname' | 'verification'>,
  edge: EdgeIdentity,
): RequiredRecord[] {
  const ownership: RequiredRecord = {
    type: 'TXT',
    name: ownershipRecordName(domain.hostname),
    value: ownershipRecordValue(domain.verification),
    purpose: 'ownership',
  }
  if (!isApex(domain.hostname)) {
    return [ownership, { type: 'CNAME', name: domain.hostname, value: edge.hostname, purpose: 'routing' }]
  }
  const addresses = edge.addresses.map(
    (address): RequiredRecord => ({
      type: address.includes(':') ? 'AAAA' : 'A',
      name: domain.hostname,
      value: address,
      purpose: 'routing',
    }),
  )
  return [ownership, ...addresses]
}
