import { MINUTE, SECOND, after } from '../clock.ts'
import type { Domain } from '../domain/domain.ts'
import { isWildcard } from '../domain/hostname.ts'
import { acmeChallengeName } from '../domain/records.ts'
import { scheduleLook } from '../lifecycle/next-look.ts'
import { type Outcome, done, wait } from '../lifecycle/outcome.ts'
import type { StepContext } from '../lifecycle/step.ts'
import { lookAtDelegation } from '../look/look-at-delegation.ts'
import { type Challenge, type ChallengeType, DnsProviderProblem } from '../ports.ts'
import { reason } from '../reasons.ts'
import { type ChallengePlace, delegatedPlace, placeAtName } from './challenge-place.ts'
import { withdrawValues, writeValues } from './challenge-values.ts'

/** Servers that do not show a record yet are asked again after this; each time twice as long, up to five minutes. */
const FIRST_LOOK_MS = 3 * SECOND
const LONGEST_LOOK_MS = 5 * MINUTE

/**
 * How an order proves the name: a wildcard by DNS, since no other way proves those (RFC 8555 §8.4), and so a name that may
 * lead elsewhere, where the platform has a zone to answer in. Any other over HTTP, which asks nothing of the customer.
 */
export function challengeFor(
  { hostname, verification }: Pick<Domain, 'hostname' | 'verification'>,
  { challengeZone, offered }: { challengeZone: string | null; offered: readonly ChallengeType[] },
): ChallengeType {
  const isElsewhere = !verification.routing && challengeZone !== null
  return (isWildcard(hostname) || isElsewhere) && offered.includes('dns-01') ? 'dns-01' : 'http-01'
}

type Showing = Pick<StepContext, 'resolver' | 'zones' | 'policy' | 'clock' | 'signal'>

/**
 * Shows what DNS-01 challenges ask for: done when every server of the zone shows it, else what to wait for. Repeated, it
 * writes nothing that is there already. Throws `DnsProviderProblem`.
 */
export async function showChallenges(
  domain: Domain,
  challenges: readonly Challenge[],
  context: Showing,
): Promise<Outcome> {
  const values = valuesOf(challenges)
  if (values.length === 0) return done()
  const atName = await placeAtName(domain, context)
  const delegated = await delegatedPlace(domain, context)
  const writer = { owner: domain.id, signal: context.signal }
  if (atName !== null) {
    const written = await writeValues(atName, values, writer)
    if (written.kind === 'written') return afterWriting({ domain, place: atName, values }, context)
    if (written.target.toLowerCase() !== delegated?.name)
      return waitForAlias(domain, { at: atName.name, ...written }, context)
  }
  if (delegated === null) return waitForZone(domain, context)
  const verdict = await lookAtDelegation(domain, delegated.name, context)
  const dns = { certificate: verdict.finding }
  if (!verdict.proved) {
    const { until, looks } = scheduleLook(domain, verdict.serial, context.clock.now())
    return wait(until, verdict.because, { dns, looks })
  }
  const written = await writeValues(delegated, values, writer)
  if (written.kind === 'alias') return waitForAlias(domain, { at: delegated.name, ...written }, context)
  return afterWriting({ domain, place: delegated, values, dns }, context)
}

/**
 * Takes away what was shown for this domain, and nothing else that stands there. The certificate is there whatever the DNS
 * host says: what it left is returned, to be told; the next order takes it away.
 */
export async function hideChallenges(
  domain: Domain,
  challenges: readonly Challenge[],
  { zones, policy, signal }: Pick<Showing, 'zones' | 'policy' | 'signal'>,
): Promise<{ type: string; data: Record<string, unknown> }[]> {
  const values = valuesOf(challenges)
  if (values.length === 0) return []
  // Both, whatever leads where now: the customer may have changed that since.
  const places = [await delegatedPlace(domain, { zones, policy }), await placeAtName(domain, { zones })]
  const left: { type: string; data: Record<string, unknown> }[] = []
  for (const place of places) {
    if (place === null) continue
    try {
      await withdrawValues(place, values, { owner: domain.id, signal })
    } catch (error) {
      if (!(error instanceof DnsProviderProblem)) throw error
      left.push({ type: 'certificate.challenge_left', data: { name: place.name, detail: error.message } })
    }
  }
  return left
}

const valuesOf = (challenges: readonly Challenge[]): string[] =>
  challenges.flatMap((challenge) => (challenge.type === 'dns-01' ? [challenge.value] : []))

interface Writing {
  domain: Domain
  place: ChallengePlace
  values: string[]
  dns?: Domain['dns']
}

async function afterWriting({ domain, place, values, dns = {} }: Writing, context: Showing): Promise<Outcome> {
  if (await isShown(place, values, context)) return done({ looks: 0, dns })
  const { name, zone } = place
  const { hostname, looks } = domain
  const until = after(context.clock.now(), Math.min(FIRST_LOOK_MS * 2 ** Math.min(looks, 10), LONGEST_LOOK_MS))
  const message = `The TXT record at ${name} that proves ${hostname} to the certificate authority is written; not every server of ${zone.name} shows it yet. They are asked again.`
  return wait(until, reason('DNS_CHALLENGE_PENDING', message), { looks: looks + 1, dns })
}

/** Servers that do not answer are no witnesses: a certificate authority would ask another one, too. */
async function isShown(place: ChallengePlace, values: string[], { resolver }: Showing): Promise<boolean> {
  const { answer, dissenting } = await resolver.lookup(place.name, 'TXT')
  return [answer, ...dissenting.map((other) => other.answer)].every((word) => {
    const texts = word.kind === 'records' ? word.records.filter(({ type }) => type === 'TXT') : []
    const shown = texts.map(({ value }) => value)
    return values.every((value) => shown.includes(value))
  })
}

function waitForAlias(domain: Domain, { at, target }: { at: string; target: string }, { clock }: Showing): Outcome {
  const message = `${at} is a CNAME to ${target}, beside which the TXT record that proves ${domain.hostname} cannot stand. Delete that CNAME.`
  const { until, looks } = scheduleLook(domain, null, clock.now())
  const because = reason('DNS_RECORD_FOREIGN', message, { expected: [`no CNAME at ${at}`], observed: [target] })
  return wait(until, because, { looks })
}

function waitForZone(domain: Domain, { clock, policy }: Showing): Outcome {
  const { challengeZone = null } = policy.edge
  const name = acmeChallengeName(domain.hostname)
  const { until, looks } = scheduleLook(domain, null, clock.now())
  const what =
    challengeZone === null
      ? `Add the zone of ${domain.hostname} to the managed zones, or set MOORING_ACME_CHALLENGE_ZONE, so that its owner can delegate ${name}.`
      : `MOORING_ACME_CHALLENGE_ZONE is ${challengeZone}: add that zone to the managed zones, for every tenant.`
  const message = `${domain.hostname} has to be proved by a TXT record at ${name}, which lies in no zone that the platform manages for this tenant. ${what}`
  const expected = [challengeZone === null ? 'a managed zone' : `the managed zone ${challengeZone}`]
  return wait(until, reason('DNS_ZONE_UNMANAGED', message, { expected, observed: [] }), { looks })
}
