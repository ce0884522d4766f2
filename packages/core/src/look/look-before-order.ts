import { caaForbids } from '../dns/caa.ts'
import { challengePathBlocked } from '../dns/challenge-path.ts'
import { challengeFor } from '../dns/challenge-records.ts'
import type { Verdict } from '../domain/verdict.ts'
import type { ChallengeType } from '../ports.ts'
import { type Reason, reason } from '../reasons.ts'
import { lookWhetherDelegated } from './look-at-delegation.ts'
import { ownershipBy } from './look-at-ownership.ts'
import { addressesOf, routingBy } from './look-at-routing.ts'
import type { Ask, Look, Looked } from './looked.ts'

interface BeforeOrder {
  caaIdentities: readonly string[]
  agreed?: readonly Shown[]
  /** What the authorities can be answered by; none where nothing has to be proved. */
  offered?: readonly ChallengeType[]
}

/**
 * What a certificate authority would stumble over, asked as it will ask: every resolver must see what the zone's own
 * servers say, CAA records must allow it, and its question over HTTP must come through. Null when nothing is in the way.
 */
export async function lookBeforeOrder(
  domain: Looked,
  context: Look,
  { caaIdentities, agreed, offered = ['http-01', 'dns-01'] }: BeforeOrder,
): Promise<Reason | null> {
  const dissent = await resolversDissent(domain, context, agreed)
  if (dissent !== null || domain.tls.mode !== 'auto') return dissent
  const now = context.clock.now()
  const forbidden = await caaForbids(domain.hostname, { resolver: context.resolver, caaIdentities, now })
  if (forbidden !== null) return forbidden
  const { challengeZone = null } = context.policy.edge
  const challenge = challengeFor(domain, { challengeZone, offered })
  if (challenge === 'dns-01') {
    const delegation = await lookWhetherDelegated(domain, context)
    return delegation === null || delegation.proved ? null : delegation.because
  }
  const addresses = await addressesOf(domain.hostname, context)
  return challengePathBlocked(domain, { ...context, addresses, edgeAddresses: context.policy.edge.addresses })
}

/** What DNS shows of a claim. One that is held by another's consent has no proof there. */
type Shown = 'ownership' | 'routing'

/** One resolver's word is as good as another's: the authority may ask through any. */
export async function resolversDissent(
  domain: Looked,
  context: Look,
  agreed: readonly Shown[] = ['ownership', 'routing'],
): Promise<Reason | null> {
  const verdicts = await Promise.all(
    context.resolver.servers.map(async (server) => ({
      server,
      verdict: await asSeenBy({ server, agreed }, domain, context),
    })),
  )
  const failed = verdicts.flatMap(({ server, verdict }) => (verdict.proved ? [] : [{ server, ...verdict }]))
  const bogus = failed.find(({ because }) => because.code === 'DNS_DNSSEC_BOGUS')
  if (bogus !== undefined) return bogus.because
  // A resolver that is away is no witness against the name while another speaks for it.
  const dissenting = failed.filter(({ isMiss }) => isMiss)
  if (dissenting.length === 0) return failed.length < verdicts.length ? null : (failed[0]?.because ?? null)
  const servers = dissenting.map(({ server }) => server)
  const message = `The records are right at the zone's own servers, but not everybody sees them yet: what was there before is still remembered by ${servers.join(', ')}. Wait: that ends by itself.`
  return reason('DNS_DISAGREEMENT', message, {
    expected: verdicts.map(({ server }) => `${server}: the right records`),
    observed: dissenting.map(({ server, because }) => `${server}: ${because.code}`),
  })
}

/** Ownership, where DNS shows it, and routing through one resolver. */
async function asSeenBy(
  { server, agreed }: { server: string; agreed: readonly Shown[] },
  domain: Looked,
  context: Look,
): Promise<Verdict> {
  const ask: Ask = async (name, type) => {
    const answer = await context.resolver.ask(name, type, server)
    return { answer, dissenting: [], servers: [server], serial: null }
  }
  const { method } = domain.verification
  const isInDns = (method === 'txt' || method === 'cname') && agreed.includes('ownership')
  const ownership = isInDns ? await ownershipBy(ask, domain, context) : null
  if (ownership !== null && !ownership.proved) return ownership
  return routingBy(ask, domain, context)
}
