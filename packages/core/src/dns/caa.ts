import { type Hostname, baseOf, isWildcard } from '../domain/hostname.ts'
import { isMute, unanswered } from '../domain/verdict.ts'
import type { DnsRecord, Resolver } from '../ports.ts'
import { type Reason, reason } from '../reasons.ts'

/** What CAs understand (IANA, CAA properties). Only `issue` and `issuewild` restrict anything here (RFC 8659 §4). */
const KNOWN_TAGS = new Set(['issue', 'issuewild', 'iodef', 'issuemail', 'issuevmc', 'contactemail', 'contactphone'])

interface CaaContext {
  resolver: Pick<Resolver, 'lookupAtOne'>
  /** What CAA records call the certificate authority; empty when nobody says. */
  caaIdentities: readonly string[]
  /** Our account's URL at the authority, for `accounturi` (RFC 8657 §3); while it is not known, that is left to the CA. */
  accountUri?: string | undefined
  now: Date
}

/**
 * Whether CAA records let the certificate authority issue, as it will find them (RFC 8659 §3): from the name upwards, the
 * first set that is not empty decides, and an error on the way means no. Null when it may.
 */
export async function caaForbids(hostname: Hostname, context: CaaContext): Promise<Reason | null> {
  for (const name of upwards(baseOf(hostname))) {
    const { answer, serial } = await context.resolver.lookupAtOne(name, 'CAA')
    // A registry's own level says nothing in practice, and servers that are asked for one customer's zone refuse it.
    if (isMute(answer) && !name.includes('.')) return null
    if (isMute(answer)) {
      const expected = ['an answer, so that the certificate authority may go on']
      const verdict = unanswered(answer, { question: `${name} CAA`, expected, serial, now: context.now })
      return verdict.proved ? null : verdict.because
    }
    const set = answer.kind === 'records' ? answer.records.filter(({ type }) => type === 'CAA') : []
    // An alias hands on the records of the name it leads to, and that is where they are changed.
    if (set.length > 0) return judgeSet({ hostname, level: set[0]?.name ?? name, set }, context)
  }
  return null
}

/** `a.b.example.com`, `b.example.com`, `example.com`, `com`. */
function upwards(name: string): string[] {
  const labels = name.split('.')
  return labels.map((_, index) => labels.slice(index).join('.'))
}

interface DecidingSet {
  hostname: Hostname
  level: string
  set: DnsRecord[]
}

/** @public */
export function judgeSet(
  { hostname, level, set }: DecidingSet,
  context: Pick<CaaContext, 'caaIdentities' | 'accountUri'>,
): Reason | null {
  const properties = set.flatMap(({ caa }) => (caa === undefined ? [] : [caa]))
  const observed = set.map(({ value }) => `${level} CAA ${value}`)
  const foreign = properties.find(({ critical, tag }) => critical && !KNOWN_TAGS.has(tag.toLowerCase()))
  if (foreign !== undefined) {
    const message = `${level} has a CAA record with the critical tag "${foreign.tag}", which no certificate authority here understands, so none may issue. Remove that record.`
    const expected = [`no CAA record with the tag "${foreign.tag}" at ${level}`]
    return reason('CAA_FORBIDS', message, { expected, observed })
  }

  const valuesOf = (wanted: string) =>
    properties.filter(({ tag }) => tag.toLowerCase() === wanted).map(({ value }) => value)
  const wild = isWildcard(hostname) ? valuesOf('issuewild') : []
  const [tag, values] = wild.length > 0 ? ['issuewild', wild] : ['issue', valuesOf('issue')]
  const [identity] = context.caaIdentities
  if (values.length === 0 || values.some((value) => isAllowed(value, hostname, context))) return null
  if (identity === undefined) {
    // Without a name to look for, only a set that denies everybody says anything.
    if (values.some((value) => issuerOf(value) !== '')) return null
    const message = `CAA records at ${level} let nobody issue a certificate for ${hostname}: ${observed.join(', ')}. Add one that allows the platform's certificate authority.`
    const expected = [`a CAA record at ${level} that allows the platform's certificate authority`]
    return reason('CAA_FORBIDS', message, { expected, observed })
  }
  const expected = `${level} CAA 0 ${tag} "${identity}"`
  const message = `CAA records at ${level} do not allow ${identity} to issue a certificate for ${hostname}: ${observed.join(', ')}. Add this record: ${expected}.`
  return reason('CAA_FORBIDS', message, { expected: [expected], observed })
}

/** `letsencrypt.org; validationmethods=http-01`: an issuer, and what it must keep to. All in one record (RFC 8659 §4.2). */
function isAllowed(
  value: string,
  hostname: Hostname,
  { caaIdentities, accountUri }: Pick<CaaContext, 'caaIdentities' | 'accountUri'>,
): boolean {
  if (!caaIdentities.some((identity) => identity.toLowerCase() === issuerOf(value))) return false
  const parameters = parametersOf(value)
  if (parameters === null) return false
  const given = (wanted: string) => parameters.filter(({ tag }) => tag === wanted).map((parameter) => parameter.value)
  const accounts = given('accounturi')
  const methods = given('validationmethods')
  // Two of a kind can never both be kept to (RFC 8657 §3 and §4).
  if (accounts.length > 1 || methods.length > 1) return false
  const isOurAccount = accounts.length === 0 || accountUri === undefined || accounts[0] === accountUri
  return isOurAccount && methods.every((list) => list.split(',').includes(methodFor(hostname)))
}

/** How we prove a name to a certificate authority, in the labels of RFC 8657 §4: a wildcard by DNS only. */
const methodFor = (hostname: Hostname): string => (isWildcard(hostname) ? 'dns-01' : 'http-01')

const issuerOf = (value: string): string => (value.split(';')[0] ?? '').trim().toLowerCase()

/** Null for what is none: such a record allows nobody (RFC 8659 §4.2). A value may hold `=`, as URLs do. */
function parametersOf(value: string): { tag: string; value: string }[] | null {
  const parameters = value.split(';').slice(1)
  const pairs = parameters.map((parameter) => parameter.trim()).filter((parameter) => parameter !== '')
  const parsed = pairs.map((pair) => /^([a-z0-9-]+)\s*=\s*(\S*)$/i.exec(pair))
  if (parsed.includes(null)) return null
  return parsed.map((match) => ({ tag: (match?.[1] ?? '').toLowerCase(), value: match?.[2] ?? '' }))
}
