import { createHash } from 'node:crypto'
import type { Domain, Verification } from './domain.ts'
import { type Hostname, baseOf, isApex, isWildcard } from './hostname.ts'

/** A DNS record the customer must have. */
export interface RequiredRecord {
  type: 'TXT' | 'CNAME' | 'A' | 'AAAA'
  name: string
  value: string
  /** `certificate`: it delegates the proof that a certificate authority asks for. */
  purpose: 'ownership' | 'routing' | 'certificate'
}

/** Where the platform's edges answer (`MOORING_EDGE_HOSTNAME`, `MOORING_EDGE_ADDRESSES`). */
export interface EdgeIdentity {
  hostname: string
  addresses: readonly string[]
  /** Where customers delegate `_acme-challenge` to (`MOORING_ACME_CHALLENGE_ZONE`); in a managed zone. */
  challengeZone?: string | null
}

/** Names that nobody may register. Who had one in the zone for challenges would stand in the way of another's proof. */
export const platformNames = ({ hostname, challengeZone = null }: EdgeIdentity): string[] =>
  challengeZone === null ? [hostname] : [hostname, challengeZone]

type Claimed = Pick<Domain, 'id' | 'hostname' | 'verification' | 'tls'>

/** Beside the name; of a wildcard, beside what it stands below. */
export const ownershipRecordName = (hostname: Hostname): string => `_mooring-challenge.${baseOf(hostname)}`

/** The TXT value as the customer enters it. */
export function ownershipRecordValue({ token, expiresAt }: Pick<Verification, 'token' | 'expiresAt'>): string {
  return `token=${token} expiry=${expiresAt.toISOString()}`
}

/** What the name must be an alias of by method `cname`: nobody else is told this name. */
export const ownAliasTarget = (token: string, edge: EdgeIdentity): string => `${token}.${edge.hostname}`

/** What it is right for the name to be an alias of, in lower case; by method `cname`, of this claim's own names alone. */
export function aliasTargets({ method, token, previous }: Verification, { hostname }: EdgeIdentity): string[] {
  const edge = { hostname: hostname.toLowerCase(), addresses: [] }
  if (method !== 'cname') return [edge.hostname]
  return [token, ...(previous === null ? [] : [previous.token])].map((known) => ownAliasTarget(known, edge))
}

/**
 * What the name's web server shows by method `http`. The path is made from the token and is not the token, so that a
 * server which echoes what it is asked for proves nothing.
 */
export function httpProof({ token }: Pick<Verification, 'token'>): { path: string; body: string } {
  const digest = createHash('sha256').update(token).digest('hex').slice(0, 32)
  return { path: `/.well-known/mooring-challenge/${digest}`, body: token }
}

/** What a certificate authority asks for by DNS-01 (RFC 8555 §8.4); of a wildcard, at its base. */
export const acmeChallengeName = (hostname: Hostname): string => `_acme-challenge.${baseOf(hostname)}`

/**
 * This claim's own name in the platform's zone for challenges: a delegation to another claim's is worth nothing here. Null
 * where the platform has no such zone.
 */
export function delegatedChallengeName(
  { id }: Pick<Domain, 'id'>,
  { challengeZone = null }: EdgeIdentity,
): string | null {
  const label = createHash('sha256').update(id).digest('hex').slice(0, 32)
  return challengeZone === null ? null : `${label}.${challengeZone}`
}

/** Every record the customer needs; in a managed zone, every record that is written. */
export function requiredRecords(domain: Claimed, edge: EdgeIdentity): RequiredRecord[] {
  return [...recordsOfProof(domain, edge), ...challengeRecords(domain, edge)]
}

/** A name whose certificate takes DNS-01, outside the zones that the platform manages. */
function challengeRecords(domain: Claimed, edge: EdgeIdentity): RequiredRecord[] {
  const { hostname, verification, tls } = domain
  const value = delegatedChallengeName(domain, edge)
  const isByDns = isWildcard(hostname) || !verification.routing
  if (value === null || !isByDns || tls.mode !== 'auto' || verification.method === 'managed') return []
  return [{ type: 'CNAME', name: acmeChallengeName(hostname), value, purpose: 'certificate' }]
}

function recordsOfProof({ hostname, verification }: Claimed, edge: EdgeIdentity): RequiredRecord[] {
  const routing = verification.routing ? routingRecords(hostname, edge) : []
  switch (verification.method) {
    case 'txt':
      return [
        {
          type: 'TXT',
          name: ownershipRecordName(hostname),
          value: ownershipRecordValue(verification),
          purpose: 'ownership',
        },
        ...routing,
      ]
    case 'cname':
      return [{ type: 'CNAME', name: hostname, value: ownAliasTarget(verification.token, edge), purpose: 'ownership' }]
    case 'http':
    case 'managed':
      return routing
  }
}

/**
 * An apex cannot hold a CNAME (RFC 1034 §3.6.2), so it gets the edges' addresses; any other name gets a CNAME, and the
 * addresses are accepted as well.
 */
function routingRecords(hostname: Hostname, edge: EdgeIdentity): RequiredRecord[] {
  if (!isApex(hostname)) return [{ type: 'CNAME', name: hostname, value: edge.hostname, purpose: 'routing' }]
  return edge.addresses.map((address) => ({
    type: address.includes(':') ? 'AAAA' : 'A',
    name: hostname,
    value: address,
    purpose: 'routing',
  }))
}
