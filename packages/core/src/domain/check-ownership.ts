import type { DnsAnswer } from '../ports.ts'
import { type Reason, reason } from '../reasons.ts'
import type { Domain, RecordFinding } from './domain.ts'
import { ownershipRecordName, ownershipRecordValue } from './records.ts'

/** What one look at DNS came to: proved, or the reason why not. */
export type DnsVerdict =
  | { proved: true; finding: RecordFinding }
  | { proved: false; finding: RecordFinding; because: Reason }

/** Hostile zones hold thousands of records: what is stored and shown is bounded. */
const MAX_SHOWN = 5
const MAX_SHOWN_LENGTH = 200

/**
 * Judges the answer to a TXT query for `_mooring-challenge.<hostname>`. Several TXT values are normal; one with this
 * claim's token is proof. The expiry the customer copied is for people: the stored one decides.
 */
export function judgeOwnership(
  domain: Pick<Domain, 'hostname' | 'verification'>,
  answer: DnsAnswer,
  now: Date,
): DnsVerdict {
  const name = ownershipRecordName(domain.hostname)
  const expected = [ownershipRecordValue(domain.verification)]
  const checkedAt = now.toISOString()
  if (answer.kind === 'servfail' || answer.kind === 'timeout')
    return unanswered(name, 'TXT', answer, expected, checkedAt)

  const values = answer.kind === 'records' ? answer.records.filter((r) => r.type === 'TXT').map((r) => r.value) : []
  if (values.some((value) => tokensIn(value).includes(domain.verification.token))) {
    return { proved: true, finding: { status: 'ok', observed: expected, checkedAt } }
  }
  const observed = shown(values)
  if (values.length === 0) {
    return {
      proved: false,
      finding: { status: 'missing', observed, checkedAt },
      because: reason(
        'DNS_TXT_MISSING',
        `There is no TXT record at ${name}. Add one with the value "${expected[0]}".`,
        {
          expected,
          observed,
        },
      ),
    }
  }
  return {
    proved: false,
    finding: { status: 'mismatch', observed, checkedAt },
    because: reason(
      'DNS_TXT_MISMATCH',
      `${name} has TXT "${observed.join('", "')}", none with this domain's token. Add the value "${expected[0]}".`,
      { expected, observed },
    ),
  }
}

/** A server that fails or stays silent proves nothing, neither presence nor absence. */
export function unanswered(
  name: string,
  type: string,
  answer: Extract<DnsAnswer, { kind: 'servfail' | 'timeout' }>,
  expected: string[],
  checkedAt: string,
): DnsVerdict {
  const because =
    answer.kind === 'servfail'
      ? reason(
          'DNS_SERVFAIL',
          `The name servers answer ${answer.rcode} for ${name} ${type}. Ask the DNS host to repair the zone.`,
          {
            expected,
            observed: [answer.rcode],
          },
        )
      : reason('DNS_TIMEOUT', `No DNS server answered for ${name} ${type} in time. It is asked again.`, {
          expected,
          observed: [],
        })
  return { proved: false, finding: { status: 'unknown', observed: because.observed ?? [], checkedAt }, because }
}

export const shown = (values: string[]): string[] =>
  values
    .slice(0, MAX_SHOWN)
    .map((value) => (value.length > MAX_SHOWN_LENGTH ? `${value.slice(0, MAX_SHOWN_LENGTH)}…` : value))

// Customers paste values with the quotes still on, and some DNS hosts keep them.
function tokensIn(value: string): string[] {
  return value
    .split(/[\s"';,]+/)
    .filter((word) => word.startsWith('token='))
    .map((word) => word.slice('token='.length))
}
