import type { Account } from './accounts.ts'
import type { IssuedCertificate } from './certificates.ts'
import { malformed } from './jws.ts'
import { Refusal } from './problems.ts'

/** What RFC 9773 §5 has the server check of `replaces`, and Boulder's words for it. */
export function expectReplaceable(
  certificate: IssuedCertificate | undefined,
  { account, names }: { account: Account; names: string[] },
): void {
  if (certificate === undefined) throw malformed('could not find the certificate that the order replaces', 404)
  if (certificate.account !== account) {
    const detail = 'requester account did not request the certificate being replaced by this order'
    throw new Refusal('unauthorized', detail, 403)
  }
  if (!certificate.names.some((name) => names.includes(name))) {
    throw malformed('certificate replaced by this order and this order must share at least one identifier')
  }
  if (certificate.replacedBy === null) return
  throw new Refusal(
    'alreadyReplaced',
    `cannot indicate an order replaces certificate with serial "${certificate.serial.toLowerCase()}", which already has a ` +
      'replacement order',
    409,
  )
}
