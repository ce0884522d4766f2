import { caaForbids } from '../dns/caa.ts'
import { challengePathBlocked } from '../dns/challenge-path.ts'
import { judgeOwnAlias, judgeTxt } from '../domain/check-ownership.ts'
import { judgeAlias, judgeRouting } from '../domain/check-routing.ts'
import type { Domain } from '../domain/domain.ts'
import { isApex } from '../domain/hostname.ts'
import { ownAliasTarget, ownershipRecordName } from '../domain/records.ts'
import { type Verdict, proved } from '../domain/verdict.ts'
import { nameUnder } from '../edge/name-under.ts'
import type { Lookup, RecordType, Resolver } from '../ports.ts'
import { type Reason, reason } from '../reasons.ts'
import { namedTwice } from './look-for-doubled-label.ts'
import { lookAtManaged } from './look-at-managed.ts'
import { lookOverHttp } from './look-over-http.ts'
import type { StepContext } from './step.ts'

export type { Verdict } from '../domain/verdict.ts'

/** What looking takes. */
export interface Look extends Pick<StepContext, 'resolver' | 'probe' | 'zones' | 'clock' | 'signal'> {
  policy: Pick<StepContext['policy'], 'edge'>
}

/** What is looked at; a diagnosis has no more of a domain than this. */
export type Looked = Pick<Domain, 'id' | 'hostname' | 'tenant' | 'verification' | 'tls'>

type Ask = Resolver['lookup']

/** For a launch: every server of the zone is asked, and an absence is looked into. */
export async function lookAtOwnership(domain: Looked, context: Look): Promise<Verdict> {
  const verdict = await ownershipBy(context.resolver.lookup, domain, context)
  return namedTwice(verdict, domain, context)
}

/** For a proof that is only to be confirmed: the first server that answers will do, and few questions are asked. */
export async function confirmOwnership(domain: Looked, context: Look): Promise<Verdict> {
  const { verification } = domain
  // Its web server showed the token once; since then the name leads here, which is for nobody but its owner to change.
  if (verification.method === 'http' && verification.routing) {
    const routing = await confirmRouting(domain, context)
    if (routing.proved || !routing.isMiss) return routing
  }
  return ownershipBy(context.resolver.lookupAtOne, domain, context)
}

function ownershipBy(ask: Ask, domain: Looked, context: Look): Promise<Verdict> {
  switch (domain.verification.method) {
    case 'txt':
      return txtBy(ask, domain, context)
    case 'cname':
      return ownAliasBy(ask, domain, context)
    case 'http':
      return lookOverHttp(ask, domain, context)
    case 'managed':
      return lookAtManaged(ask, domain, context)
  }
}

async function txtBy(ask: Ask, domain: Looked, { clock }: Look): Promise<Verdict> {
  return judgeTxt(domain, await ask(ownershipRecordName(domain.hostname), 'TXT'), clock.now())
}

async function ownAliasBy(ask: Ask, domain: Looked, { clock, policy }: Look): Promise<Verdict> {
  return judgeOwnAlias(domain, await ask(domain.hostname, 'CNAME'), { edge: policy.edge, now: clock.now() })
}

export const lookAtRouting = (domain: Looked, context: Look): Promise<Verdict> =>
  routingBy(context.resolver.lookup, domain, context)

export const confirmRouting = (domain: Looked, context: Look): Promise<Verdict> =>
  routingBy(context.resolver.lookupAtOne, domain, context)

async function routingBy(ask: Ask, domain: Looked, { clock, policy }: Look): Promise<Verdict> {
  const { verification, hostname } = domain
  const now = clock.now()
  if (!verification.routing)
    return proved([], 'current', { question: `${hostname} A`, expected: [], serial: null, now })
  const rules = { edge: policy.edge, targets: targetsOf(domain, policy.edge.hostname), now }
  // Asked under a wildcard's asterisk itself, a server would answer from its own record only.
  const name = nameUnder(hostname)
  // An apex has no alias (RFC 1034 §3.6.2).
  const cname = isApex(hostname) ? NOTHING : await ask(name, 'CNAME')
  const aliased = judgeAlias(hostname, cname, rules)
  if (aliased !== null) return aliased
  const [a, aaaa] = await Promise.all([ask(name, 'A'), ask(name, 'AAAA')])
  return judgeRouting(hostname, { cname, a, aaaa }, rules)
}

const NOTHING: Lookup = { answer: { kind: 'no_data' }, dissenting: [], servers: [], serial: null }

function targetsOf({ verification: { method, token, previous } }: Looked, edgeHostname: string): string[] {
  const edge = { hostname: edgeHostname.toLowerCase(), addresses: [] }
  if (method !== 'cname') return [edge.hostname]
  return [token, ...(previous === null ? [] : [previous.token])].map((known) => ownAliasTarget(known, edge))
}

/**
 * What a certificate authority would stumble over, asked as it will ask: every resolver must see what the zone's own
 * servers say, CAA records must allow it, and its question over HTTP must come through. Null when nothing is in the way.
 */
export async function checkBeforeOrder(
  domain: Looked,
  context: Look,
  { caaIdentities }: { caaIdentities: readonly string[] },
): Promise<Reason | null> {
  const dissent = await resolversDissent(domain, context)
  if (dissent !== null || domain.tls.mode === 'off') return dissent
  const now = context.clock.now()
  const forbidden = await caaForbids(domain.hostname, { resolver: context.resolver, caaIdentities, now })
  if (forbidden !== null) return forbidden
  return challengePathBlocked(domain, { ...context, addresses: await addressesOf(domain.hostname, context) })
}

/** One resolver's word is as good as another's: the authority may ask through any. */
export async function resolversDissent(domain: Looked, context: Look): Promise<Reason | null> {
  const verdicts = await Promise.all(
    context.resolver.servers.map(async (server) => ({ server, verdict: await asSeenBy(server, domain, context) })),
  )
  const failed = verdicts.flatMap(({ server, verdict }) => (verdict.proved ? [] : [{ server, ...verdict }]))
  const bogus = failed.find(({ because }) => because.code === 'DNS_DNSSEC_BOGUS')
  if (bogus !== undefined) return bogus.because
  // A resolver that is away is no witness against the name while another speaks for it.
  const dissenting = failed.filter(({ isMiss }) => isMiss)
  if (dissenting.length === 0) return failed.length < verdicts.length ? null : (failed[0]?.because ?? null)
  const servers = dissenting.map(({ server }) => server)
  const message = `The records are right at the zone's own servers, but the world does not see them yet: ${servers.join(', ')} still remembers what was there before. Wait: that ends by itself.`
  return reason('DNS_DISAGREEMENT', message, {
    expected: verdicts.map(({ server }) => `${server}: the right records`),
    observed: dissenting.map(({ server, because }) => `${server}: ${because.code}`),
  })
}

/** Ownership, where DNS shows it, and routing through one resolver. */
async function asSeenBy(server: string, domain: Looked, context: Look): Promise<Verdict> {
  const ask: Ask = async (name, type) => {
    const answer = await context.resolver.ask(name, type, server)
    return { answer, dissenting: [], servers: [server], serial: null }
  }
  const { method } = domain.verification
  const isInDns = method === 'txt' || method === 'cname'
  const ownership = isInDns ? await ownershipBy(ask, domain, context) : null
  if (ownership !== null && !ownership.proved) return ownership
  return routingBy(ask, domain, context)
}

export async function addressesOf(hostname: string, { resolver }: Pick<Look, 'resolver'>): Promise<string[]> {
  const of = async (type: RecordType) => {
    const { answer } = await resolver.lookupAtOne(nameUnder(hostname), type)
    return answer.kind === 'records' ? answer.records.filter((record) => record.type === type) : []
  }
  const [a, aaaa] = await Promise.all([of('A'), of('AAAA')])
  return [...a, ...aaaa].map(({ value }) => value)
}
