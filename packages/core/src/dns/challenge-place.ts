import type { Domain } from '../domain/domain.ts'
import type { Hostname } from '../domain/hostname.ts'
import { acmeChallengeName, delegatedChallengeName } from '../domain/records.ts'
import type { StepContext } from '../lifecycle/step.ts'
import type { ManagedZone } from '../ports.ts'

/** A name in a managed zone, where a certificate authority looks for a TXT record (RFC 8555 §8.4). */
export interface ChallengePlace {
  name: string
  zone: ManagedZone
  /** Whether nobody but this domain has a use for the name: then whatever stands there is its own. */
  isOwn: boolean
}

type Claim = Pick<Domain, 'id' | 'hostname' | 'tenant'>

/** This claim's own name in the zone for challenges; null when there is no such zone, or it is not managed. */
export async function delegatedPlace(
  domain: Claim,
  { zones, policy }: Pick<StepContext, 'zones'> & { policy: Pick<StepContext['policy'], 'edge'> },
): Promise<ChallengePlace | null> {
  const name = delegatedChallengeName(domain, policy.edge)
  const zone = name === null ? null : await zones.holding(name as Hostname, domain.tenant)
  return name === null || zone === null ? null : { name, zone, isOwn: true }
}

/** The name that the authority itself asks for, in a managed zone; null when none holds it. */
export async function placeAtName(
  domain: Claim,
  { zones }: Pick<StepContext, 'zones'>,
): Promise<ChallengePlace | null> {
  const name = acmeChallengeName(domain.hostname)
  const zone = await zones.holding(name as Hostname, domain.tenant)
  return zone === null ? null : { name, zone, isOwn: false }
}
