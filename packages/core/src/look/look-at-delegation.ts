import { judgeDelegation } from '../domain/check-delegation.ts'
import { acmeChallengeName, delegatedChallengeName, requiredRecords } from '../domain/records.ts'
import type { Verdict } from '../domain/verdict.ts'
import type { Look, Looked } from './looked.ts'

/** Whether the customer lets the claim's own name in the platform's zone answer for theirs. */
export async function lookAtDelegation(
  domain: Pick<Looked, 'hostname'>,
  target: string,
  { resolver, policy, clock }: Pick<Look, 'resolver' | 'policy' | 'clock'>,
): Promise<Verdict> {
  const lookup = await resolver.lookup(acmeChallengeName(domain.hostname), 'TXT')
  return judgeDelegation(domain, lookup, { target, edge: policy.edge, now: clock.now() })
}

/** As above; null where no delegation is asked for, or a managed zone holds the name that would be delegated. */
export async function lookWhetherDelegated(domain: Looked, context: Look): Promise<Verdict | null> {
  const { edge } = context.policy
  const target = delegatedChallengeName(domain, edge)
  const isAskedFor = requiredRecords(domain, edge).some(({ purpose }) => purpose === 'certificate')
  if (target === null || !isAskedFor) return null
  const name = acmeChallengeName(domain.hostname)
  const isManaged = (await context.zones.holding(name as Looked['hostname'], domain.tenant)) !== null
  return isManaged ? null : lookAtDelegation(domain, target, context)
}
