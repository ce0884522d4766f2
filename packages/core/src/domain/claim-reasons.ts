import { type Reason, reason } from '../reasons.ts'
import type { Domain, VerificationMethod } from './domain.ts'

/** What the customer has to replace when the token is made anew. */
const REPLACES: Record<VerificationMethod, string> = {
  txt: 'replace the value of the TXT record by the new one shown here',
  cname: 'replace the target of the CNAME record by the new one shown here',
  http: 'let the web server show the new token given here',
  managed: 'nothing has to be typed, the platform writes the new record',
}

/**
 * For a claim that has to prove the name with a fresh token, because another account proved it first. Never says which
 * account: that is nobody's business but its own.
 */
export function hostnameTaken({
  hostname,
  state,
  verification,
}: Pick<Domain, 'hostname' | 'state'> & { verification: Pick<Domain['verification'], 'method'> }): Reason {
  const retry = state === 'failed' ? ' Then retry the domain.' : ''
  const message = `Another account has proved that it owns ${hostname}, so the token of this domain was made anew. To move the name here, ${REPLACES[verification.method]}.`
  return reason('HOSTNAME_TAKEN', `${message}${retry}`)
}

/** For the claim that held the name until another account proved it. */
export function hostnameMoved({ hostname }: Pick<Domain, 'hostname'>): Reason {
  const message = `Another account has proved that it owns ${hostname}, so the name moved there. If it is yours, register it again and prove it with the new record.`
  return reason('HOSTNAME_TAKEN', message)
}
