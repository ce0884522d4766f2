/**
 * Why a domain is where it is. Every wait, retry and failure carries one of these codes; the table is the only list,
 * and the OpenAPI document and the dashboard read it from here.
 */
export type Actor = 'customer' | 'platform' | 'operator' | 'ca' | 'nobody'

export interface Reason {
  code: ReasonCode
  /** A plain sentence that names the record, what was found, and what to do. */
  message: string
  actor: Actor
  expected?: string[]
  observed?: string[]
}

/** Each code with who must act and what it means, in general words. */
export const REASONS = {
  DNS_RECORD_MISSING: { actor: 'customer', means: 'A record that must be added is not there.' },
  DNS_RECORD_MISMATCH: { actor: 'customer', means: 'A record is there with another value.' },
  DNS_TXT_MISSING: { actor: 'customer', means: 'The TXT record that proves ownership is not there.' },
  DNS_TXT_MISMATCH: { actor: 'customer', means: 'TXT records are there, none with the expected token.' },
  DNS_DOUBLED_LABEL: { actor: 'customer', means: 'The record stands at a name that has the zone’s name twice.' },
  DNS_STRAY_AAAA: { actor: 'customer', means: 'The name has an IPv6 address that is not this platform’s.' },
  DNS_STRAY_A: { actor: 'customer', means: 'The name has an IPv4 address that is not this platform’s.' },
  DNS_PROXIED: { actor: 'customer', means: 'A CDN stands in front of the name and hides where it leads.' },
  DNS_DNSSEC_BOGUS: { actor: 'customer', means: 'The zone’s DNSSEC signatures do not hold: resolvers refuse it.' },
  DNS_NXDOMAIN: { actor: 'customer', means: 'The name does not exist in DNS.' },
  DNS_CNAME_LOOP: { actor: 'customer', means: 'The name’s CNAMEs lead back to themselves.' },
  DNS_SERVFAIL: { actor: 'customer', means: 'The zone’s name servers fail to answer.' },
  DNS_TIMEOUT: { actor: 'nobody', means: 'No DNS server answered in time.' },
  DNS_DISAGREEMENT: { actor: 'nobody', means: 'DNS servers give different answers; a change is still spreading.' },
  DNS_CHALLENGE_PENDING: {
    actor: 'nobody',
    means: 'A record for the certificate authority is not shown by every server yet.',
  },
  DNS_DANGLING: { actor: 'customer', means: 'The name was let go, but its record still leads here.' },
  DNS_PROVIDER_REFUSED: { actor: 'operator', means: 'The DNS host of a managed zone refuses a change.' },
  DNS_PROVIDER_UNAVAILABLE: { actor: 'nobody', means: 'The DNS host of a managed zone does not answer.' },
  DNS_RECORD_FOREIGN: { actor: 'operator', means: 'A managed zone holds a record here that Mooring did not write.' },
  DNS_ZONE_UNMANAGED: { actor: 'operator', means: 'No managed zone holds the name.' },
  HTTP_UNREACHABLE: { actor: 'customer', means: 'The name’s web server does not answer.' },
  HTTP_WRONG_ANSWER: { actor: 'customer', means: 'The name’s web server answers, but not what was expected.' },
  HOSTNAME_TAKEN: { actor: 'customer', means: 'Another account has proved that it owns the name.' },
  OWNERSHIP_CONSENT_NEEDED: { actor: 'customer', means: 'The name lies below one that another account holds.' },
  OWNERSHIP_TOKEN_EXPIRED: { actor: 'customer', means: 'The ownership token expired before it was found.' },
  OWNERSHIP_ROTATING: { actor: 'customer', means: 'A new ownership token is to replace the old one.' },
  OWNERSHIP_LOST: { actor: 'customer', means: 'The proof of ownership is not there any more.' },
  CAA_FORBIDS: { actor: 'customer', means: 'A CAA record forbids the certificate authority.' },
  RATE_LIMIT_BUDGET: {
    actor: 'nobody',
    means: 'The certificate authority’s limit is used up; the order has its turn.',
  },
  CA_RATE_LIMITED: { actor: 'ca', means: 'The certificate authority asks to wait.' },
  CA_PAUSED: {
    actor: 'operator',
    means: 'The certificate authority paused this name; somebody must unpause it there.',
  },
  CA_REJECTED: { actor: 'operator', means: 'The certificate authority will not issue for this name.' },
  CA_UNAVAILABLE: { actor: 'ca', means: 'The certificate authority does not answer as it should.' },
  CA_PROCESSING: { actor: 'nobody', means: 'The certificate authority is still working on the order.' },
  CA_VALIDATION_FAILED: { actor: 'customer', means: 'The certificate authority could not validate the name.' },
  CERT_MISMATCH: { actor: 'operator', means: 'The certificate authority returned a certificate that does not fit.' },
  CERT_EXPIRING: { actor: 'operator', means: 'A certificate is about to expire and could not be renewed.' },
  CERT_NEEDED: { actor: 'customer', means: 'The customer’s own certificate is missing, or about to expire.' },
  CERT_NOT_SERVED: { actor: 'operator', means: 'An edge serves another certificate than the recorded one.' },
  EDGE_PENDING: { actor: 'nobody', means: 'Edges have not all proved the change yet.' },
  EDGE_REJECTED_CONFIG: { actor: 'operator', means: 'An edge refused the configuration of this domain.' },
  EDGE_UNREACHABLE: { actor: 'operator', means: 'No edge is live, or one that must act is not.' },
  SUSPENDED_BY_OPERATOR: { actor: 'operator', means: 'A person suspended the domain; it shows a holding page.' },
  OFFBOARDING_GRACE: { actor: 'nobody', means: 'The domain is leaving; it can come back until the grace ends.' },
  INTERNAL: { actor: 'operator', means: 'Something broke inside Mooring; it is tried again.' },
} as const satisfies Record<string, { actor: Actor; means: string }>

export type ReasonCode = keyof typeof REASONS

export const REASON_CODES = Object.keys(REASONS) as ReasonCode[]

export function reason(
  code: ReasonCode,
  message: string,
  facts: { expected?: string[]; observed?: string[] } = {},
): Reason {
  return { code, message, actor: REASONS[code].actor, ...facts }
}
