import type { DnsAnswer, Lookup } from '../ports.ts'
import type { Domain } from './domain.ts'
import { isWildcard } from './hostname.ts'
import { type EdgeIdentity, acmeChallengeName } from './records.ts'
import { type Asked, type Verdict, isMute, judgeEach, missed, proved, shown, unanswered } from './verdict.ts'

/**
 * Judges whether `_acme-challenge` leads to this claim's own name in the platform's zone (`delegatedChallengeName`), by
 * what the servers say to a TXT query there: the aliases on the way are in the answer, however many there are.
 */
export function judgeDelegation(
  { hostname }: Pick<Domain, 'hostname'>,
  lookup: Lookup,
  { target, edge, now }: { target: string; edge: EdgeIdentity; now: Date },
): Verdict {
  const name = acmeChallengeName(hostname)
  const asked: Asked = { question: `${name} CNAME`, expected: [target], serial: lookup.serial, now }
  const add = `Add a CNAME at ${name} that leads to ${target}: the certificate is proved there.`
  return judgeEach(lookup, asked, (answer) => {
    if (isMute(answer)) return unanswered(answer, asked)
    const aliases = aliasesIn(answer)
    if (aliases.includes(target)) return proved(aliases, 'current', asked)
    // A customer's wildcard covers this name, too, until it has a record of its own (RFC 4592 §2.2.1).
    const isByWildcard = isWildcard(hostname) && aliases[0] === edge.hostname.toLowerCase()
    if (aliases.length === 0 || isByWildcard) {
      return missed({ code: 'DNS_RECORD_MISSING', message: `${name} has no CNAME. ${add}`, observed: [] }, asked)
    }
    const message = `${name} leads to ${shown(aliases).join(', ')}. ${add}`
    return missed({ code: 'DNS_RECORD_MISMATCH', message, observed: aliases }, asked)
  })
}

/** What a name leads to, as DNS compares names. */
function aliasesIn(answer: DnsAnswer): string[] {
  if (answer.kind !== 'records') return []
  return answer.records.filter(({ type }) => type === 'CNAME').map(({ value }) => value.toLowerCase())
}
