import type { DnsAnswer, Lookup } from '../ports.ts'
import { reason } from '../reasons.ts'
import type { Domain, Verification } from './domain.ts'
import type { EdgeIdentity } from './records.ts'
import { httpProof, ownAliasTarget, ownershipRecordName, ownershipRecordValue } from './records.ts'
import { type Asked, type Verdict, isMute, judgeEach, missed, proved, shown, unanswered } from './verdict.ts'

type Claimed = Pick<Domain, 'hostname' | 'verification'>

/**
 * Judges what the servers say to a TXT query for `_mooring-challenge.<hostname>`. Several TXT values are normal; one with
 * this claim's token is proof. The expiry the customer copied is for people: the stored one decides.
 */
export function judgeTxt({ hostname, verification }: Claimed, lookup: Lookup, now: Date): Verdict {
  const name = ownershipRecordName(hostname)
  const expected = [ownershipRecordValue(verification)]
  const asked: Asked = { question: `${name} TXT`, expected, serial: lookup.serial, now }
  return judgeEach(lookup, asked, (answer) => {
    if (isMute(answer)) return unanswered(answer, asked)
    const values = valuesOf(answer, 'TXT')
    const by = tokenIn(values.flatMap(wordsIn), verification, now)
    if (by !== null) return proved(expected, by, asked)
    if (values.length === 0) {
      const message = `There is no TXT record at ${name}. Add one with the value "${expected[0]}".`
      return missed({ code: 'DNS_TXT_MISSING', message, observed: [] }, asked)
    }
    const message = `${name} has TXT "${shown(values).join('", "')}", none with this domain's token. Add the value "${expected[0]}".`
    return missed({ code: 'DNS_TXT_MISMATCH', message, observed: values }, asked)
  })
}

/**
 * The alias itself is the proof: its target is this claim's alone. Only the record of the name itself counts: where the
 * alias leads on from there, others decide.
 */
export function judgeOwnAlias(
  { hostname, verification }: Claimed,
  lookup: Lookup,
  { edge, now }: { edge: EdgeIdentity; now: Date },
): Verdict {
  const target = ownAliasTarget(verification.token, edge)
  const asked: Asked = { question: `${hostname} CNAME`, expected: [target], serial: lookup.serial, now }
  const suffix = `.${edge.hostname.toLowerCase()}`
  return judgeEach(lookup, asked, (answer) => {
    if (isMute(answer)) return unanswered(answer, asked)
    const values = valuesOf(answer, 'CNAME', hostname).map((value) => value.toLowerCase())
    const tokens = values.filter((value) => value.endsWith(suffix)).map((value) => value.slice(0, -suffix.length))
    const by = tokenIn(tokens, verification, now)
    if (by !== null) return proved(values, by, asked)
    const found = values.length === 0 ? `${hostname} has no CNAME` : `${hostname} is a CNAME to ${values.join(', ')}`
    const message = `${found}. Make it a CNAME to ${target}, which proves that it is yours and leads visitors here.`
    const code = values.length === 0 ? 'DNS_RECORD_MISSING' : 'DNS_RECORD_MISMATCH'
    return missed({ code, message, observed: values }, asked)
  })
}

/** Whether a body is what the name's web server has to show. */
export const isHttpProof = (body: string, { verification }: Claimed, now: Date): 'current' | 'previous' | null =>
  tokenIn([body.trim()], verification, now)

export const httpProofUrl = ({ hostname, verification }: Claimed): string =>
  `http://${hostname}${httpProof(verification).path}`

/** What was found there instead, in the words of DNS, for a record that stands at the name twice over. */
export function doubledLabel(
  verdict: Verdict,
  { typed, wanted, zone }: { typed: string; wanted: string; zone: string },
) {
  if (verdict.proved) return verdict
  const relative = wanted.endsWith(`.${zone}`) ? wanted.slice(0, -zone.length - 1) : wanted
  const message = `The record stands at ${typed}: the DNS host adds ${zone} by itself. Type only "${relative}" into the field for the host or name, so that the record stands at ${wanted}.`
  const because = reason('DNS_DOUBLED_LABEL', message, { expected: [wanted], observed: [typed] })
  return { ...verdict, because, finding: { ...verdict.finding, status: 'mismatch' as const, observed: [typed] } }
}

/** Of one name, or of whatever name its aliases lead to. */
function valuesOf(answer: DnsAnswer, type: 'TXT' | 'CNAME', owner?: string): string[] {
  if (answer.kind !== 'records') return []
  const records = answer.records.filter((record) => record.type === type)
  return records.filter(({ name }) => owner === undefined || name === owner).map(({ value }) => value)
}

/** Only the whole token proves, the new one or, while it is good, the one before; DNS may have changed its case. */
function tokenIn(words: string[], { token, previous }: Verification, now: Date): 'current' | 'previous' | null {
  const found = words.filter((word) => word !== '').map((word) => word.toLowerCase())
  if (found.includes(token)) return 'current'
  return previous !== null && previous.acceptedUntil > now && found.includes(previous.token) ? 'previous' : null
}

// Customers paste values with quotes of all kinds still on, some DNS hosts keep them, add a backslash or break what is not
// ASCII, and some people type the token alone.
function wordsIn(value: string): string[] {
  return value.split(/[\s\p{Pi}\p{Pf}"'„‚′″＂`´\uFFFD\\;,]+/u).map((word) => word.replace(/^token=/i, ''))
}
