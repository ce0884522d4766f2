import { DAY, type DiagnosisSubject, type Hostname, after, newDomainId } from '@mooring/core'
import type { Expectation } from './expectation.ts'

/** For the record to type when only its token was told. The expiry in it is for people: the server knows its own. */
const TOKEN_LIFETIME_MS = 7 * DAY

/** The hostname as a diagnosis takes it. An empty token says that nobody knows what to look for. */
export function subjectOf(
  hostname: Hostname,
  { id, method, routing, tls, proof }: Expectation,
  now: Date,
): DiagnosisSubject {
  // What the platform writes itself, it looks at itself: from here there is only the name to see.
  const isSeen = method !== 'managed' && proof !== null
  return {
    id: id ?? newDomainId(),
    hostname,
    tenant: 'default',
    tls: { mode: tls },
    verification: {
      method: method === 'managed' ? 'txt' : method,
      routing,
      token: isSeen ? proof.token : '',
      issuedAt: now,
      expiresAt: (isSeen ? proof.expiresAt : null) ?? after(now, TOKEN_LIFETIME_MS),
      previous: null,
    },
  }
}
