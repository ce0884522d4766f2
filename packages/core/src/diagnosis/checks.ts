import { SECOND } from '../clock.ts'
import { caaForbids } from '../dns/caa.ts'
import { wayTo } from '../dns/challenge-path.ts'
import { isWildcard, isWithin, registrableDomain } from '../domain/hostname.ts'
import type { Verdict } from '../domain/verdict.ts'
import { lookWhetherDelegated } from '../look/look-at-delegation.ts'
import { lookAtOwnership } from '../look/look-at-ownership.ts'
import { addressesOf, lookAtRouting } from '../look/look-at-routing.ts'
import { resolversDissent } from '../look/look-before-order.ts'
import type { Look, Looked } from '../look/looked.ts'
import type { ZoneFacts } from '../ports.ts'
import { type Reason, reason } from '../reasons.ts'
import type { Check, CheckId, DiagnosisContext, DiagnosisSubject } from './diagnosis.ts'

/** What a check comes to, without its name. */
type Finding = Omit<Check, 'id'>

const ok = (detail: string): Finding => ({ status: 'ok', reason: null, detail })
const skipped = (detail: string): Finding => ({ status: 'skipped', reason: null, detail })
const problem = (because: Reason): Finding => ({ status: 'problem', reason: because, detail: because.message })
const unsure = (because: Reason): Finding => ({ status: 'unknown', reason: because, detail: because.message })

/** What all checks share: looked up once. */
export interface Examined {
  subject: DiagnosisSubject
  zone: ZoneFacts | null
  /** Null where nobody said what the name has to show or where it has to lead. */
  looked: Looked | null
  look: Look
  context: DiagnosisContext
  /** `late`: they were not known in time. */
  verdicts: Verdicts | 'late'
}

/** Null where there is nothing to compare with. */
export interface Verdicts {
  ownership: Verdict | null
  routing: Verdict | null
  certificate: Verdict | null
}

/** A person waits for the answer: what is not known by then is told as not known. */
export const LONGEST_MS = 15 * SECOND

export const TOO_LATE: Finding = unsure(
  reason('DNS_TIMEOUT', `This was not known after ${LONGEST_MS / SECOND} s. Look again.`, { expected: ['an answer'] }),
)

/** Each check is a question with one answer; none knows of the others. */
export const CHECKS: Record<CheckId, (examined: Examined) => Finding | Promise<Finding>> = {
  zone({ subject: { hostname }, zone }) {
    if (zone === null) return skipped('Which zone the name lies in could not be found out.')
    const registered = registrableDomain(hostname)
    if (registered !== null && !isWithin(zone.name, registered)) {
      const message = `${registered} is not in DNS: it is not registered, has expired, or has no name servers. Ask the registrar.`
      return problem(reason('DNS_NXDOMAIN', message, { expected: [`a zone ${registered}`], observed: [] }))
    }
    return ok(`${zone.name}, served by ${zone.nameServers.join(', ') || 'servers that do not name themselves'}`)
  },

  dnssec({ zone }) {
    if (zone === null || zone.dnssec === 'unknown') return skipped('No validating resolver could be asked.')
    if (zone.dnssec !== 'bogus') return ok(zone.dnssec === 'signed' ? 'signed, and the signatures hold' : 'not signed')
    const message = `The DNSSEC signatures of ${zone.name} do not hold, so that most of the world cannot see it. Turn DNSSEC off at the registrar, or ask the DNS host to repair the DS record there.`
    return problem(
      reason('DNS_DNSSEC_BOGUS', message, { expected: ['signatures that hold, or none'], observed: ['bogus'] }),
    )
  },

  ownership({ verdicts }) {
    if (verdicts === 'late') return TOO_LATE
    const { ownership } = verdicts
    return ownership === null
      ? skipped('Nobody said which token to look for.')
      : judged(ownership, 'the proof is there')
  },

  routing({ subject, verdicts, context }) {
    if (verdicts === 'late') return TOO_LATE
    const { routing } = verdicts
    if (routing === null || context.edge === null) return skipped('Nobody said where the name has to lead.')
    if (subject.verification?.routing === false) return skipped('The name may lead elsewhere.')
    return judged(routing, `it leads to ${routing.finding.observed.join(', ') || context.edge.hostname}`)
  },

  async resolvers({ looked, look, verdicts }) {
    const isRight = verdicts !== 'late' && verdicts.ownership?.proved === true && verdicts.routing?.proved === true
    if (looked === null || !isRight) {
      return skipped('Worth asking once the records are right.')
    }
    const because = await resolversDissent(looked, look)
    return because === null ? ok(`${look.resolver.servers.join(', ')} see the same`) : problem(because)
  },

  async caa({ subject: { hostname, tls }, context }) {
    if (tls.mode !== 'auto') return skipped('No certificate is asked for.')
    const { resolver, caaIdentities, clock } = context
    const because = await caaForbids(hostname, { resolver, caaIdentities, now: clock.now() })
    if (because === null) return ok('nothing forbids a certificate')
    return because.code === 'CAA_FORBIDS' ? problem(because) : unsure(because)
  },

  certificate({ verdicts }) {
    if (verdicts === 'late') return TOO_LATE
    const { certificate } = verdicts
    return certificate === null
      ? skipped('Its proof is not to be delegated.')
      : judged(certificate, 'its proof is delegated to the platform')
  },

  challenge_path_ipv6: (examined) => challengePath(examined, (address) => address.includes(':'), 'IPv6'),
  challenge_path_ipv4: (examined) => challengePath(examined, (address) => !address.includes(':'), 'IPv4'),
}

async function challengePath(
  { subject, look, context }: Examined,
  isOfFamily: (address: string) => boolean,
  family: string,
): Promise<Finding> {
  const { hostname, tls, verification } = subject
  const { challengeZone = null } = look.policy.edge
  const isByDns = isWildcard(hostname) || (verification?.routing === false && challengeZone !== null)
  if (tls.mode !== 'auto' || isByDns) return skipped('No certificate is asked for over HTTP.')
  const address = (await addressesOf(subject.hostname, look)).find(isOfFamily)
  if (address === undefined) return skipped(`The name has no ${family} address.`)
  const way = await wayTo(address, subject, { ...look, edgeAddresses: look.policy.edge.addresses })
  if (way.kind === 'open') return ok(`${address} answers for this platform`)
  if (way.kind === 'unknown') return skipped(`${address} could not be asked: this machine has no ${family}.`)
  // Without an edge to compare with, another server's answer is no fault.
  return context.edge === null && way.because.code === 'HTTP_WRONG_ANSWER'
    ? ok(`${address} answers over HTTP`)
    : problem(way.because)
}

const judged = (verdict: Verdict, detail: string): Finding => {
  if (verdict.proved) return ok(detail)
  return verdict.isMiss || verdict.because.code === 'DNS_DNSSEC_BOGUS'
    ? problem(verdict.because)
    : unsure(verdict.because)
}

/** The verdicts that the records are shown with. */
export async function examineRecords(looked: Looked | null, look: Look, { edge }: DiagnosisContext): Promise<Verdicts> {
  if (looked === null) return { ownership: null, routing: null, certificate: null }
  const { method, token } = looked.verification
  // An alias of one's own is an alias of the edges: without them, nobody knows its name.
  const isTold = token !== '' && (method !== 'cname' || edge !== null)
  const [ownership, routing, certificate] = await Promise.all([
    isTold ? lookAtOwnership(looked, look) : null,
    edge === null ? null : lookAtRouting(looked, look),
    lookWhetherDelegated(looked, look),
  ])
  return { ownership, routing, certificate }
}
