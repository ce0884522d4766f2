import { markNameOf } from '../dns/record-mark.ts'
import type { VerificationMethod } from './domain.ts'
import { type Hostname, baseOf, isApex, isWildcard } from './hostname.ts'
import { type EdgeIdentity, acmeChallengeName, ownershipRecordName } from './records.ts'
import { TOKEN_LENGTH } from './ownership-token.ts'

/** What is wrong with a field of a registration, under a code of its own. */
export interface Complaint {
  path: string[]
  code: string
  message: string
}

/** RFC 1035 §2.3.4, as text without the last dot. */
const MAX_NAME_LENGTH = 253

const METHOD = ['verification', 'method']

/** Every reason why a name cannot be proved in the way that was asked for; none when it can. */
export function verificationComplaints(
  hostname: Hostname,
  { method, routing }: { method: VerificationMethod; routing: boolean },
  edge: EdgeIdentity,
): Complaint[] {
  switch (method) {
    case 'txt':
      return recordFits(hostname)
    case 'cname':
      return [...cnameMayStand(hostname), ...cnameRoutes(routing), ...cnameTargetFits(edge)]
    case 'http':
      if (isWildcard(hostname)) return [{ path: METHOD, ...NO_PAGE_OF_WILDCARD }]
      return !routing && edge.challengeZone != null ? delegationFits(hostname) : []
    case 'managed':
      return [...managedRoutes(routing), ...markFits(hostname)]
  }
}

function recordFits(hostname: Hostname): Complaint[] {
  if (ownershipRecordName(baseOf(hostname)).length <= MAX_NAME_LENGTH) return []
  const message = 'The record that proves ownership of this name would be longer than the 253 characters DNS allows.'
  return [{ path: ['hostname'], code: 'HOSTNAME_TOO_LONG', message }]
}

/** Of a name without a longer record that proves its ownership. */
function delegationFits(hostname: Hostname): Complaint[] {
  if (acmeChallengeName(hostname).length <= MAX_NAME_LENGTH) return []
  const message =
    'The record that delegates the proof of the certificate would be longer than the 253 characters of DNS.'
  return [{ path: ['hostname'], code: 'HOSTNAME_TOO_LONG', message }]
}

function markFits(hostname: Hostname): Complaint[] {
  if (markNameOf(hostname) !== null) return []
  const message = 'The record that marks this name as Mooring’s would be longer than the 253 characters DNS allows.'
  return [{ path: ['hostname'], code: 'HOSTNAME_TOO_LONG', message }]
}

function cnameMayStand(hostname: Hostname): Complaint[] {
  if (isWildcard(hostname)) return [{ path: METHOD, ...NO_CNAME_OF_WILDCARD }]
  if (!isApex(hostname)) return []
  const message = `${hostname} is the top of its zone, where a CNAME cannot stand. Choose the method txt.`
  return [{ path: METHOD, code: 'CNAME_AT_APEX', message }]
}

function cnameRoutes(routing: boolean): Complaint[] {
  if (routing) return []
  const message = 'With the method cname one record proves and routes. Leave routing out, or choose the method txt.'
  return [{ path: ['verification', 'routing'], code: 'CNAME_ALWAYS_ROUTES', message }]
}

/** The mark beside the records that lead here is the proof: without them there is none. */
function managedRoutes(routing: boolean): Complaint[] {
  if (routing) return []
  const message = 'With the method managed the platform writes the records that lead here. Leave routing out.'
  return [{ path: ['verification', 'routing'], code: 'MANAGED_ALWAYS_ROUTES', message }]
}

/** The token is one label, which has room for it at any time; the whole name depends on the operator's. */
function cnameTargetFits({ hostname }: EdgeIdentity): Complaint[] {
  if (TOKEN_LENGTH + 1 + hostname.length <= MAX_NAME_LENGTH) return []
  const message = 'The edges’ own name is too long for a target of this method. Choose the method txt.'
  return [{ path: METHOD, code: 'CNAME_TARGET_TOO_LONG', message }]
}

const NO_CNAME_OF_WILDCARD = {
  code: 'CNAME_OF_WILDCARD',
  message: 'A wildcard cannot be proved by a CNAME: every name below it would carry the same. Choose txt or managed.',
}

const NO_PAGE_OF_WILDCARD = {
  code: 'HTTP_OF_WILDCARD',
  message: 'A wildcard has no web server of its own to show a page. Choose the method txt or managed.',
}
