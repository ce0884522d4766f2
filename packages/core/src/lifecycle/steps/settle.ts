import { CaProblem } from '../../certificate/ca-problem.ts'
import { SECOND, after } from '../../clock.ts'
import type { Domain } from '../../domain/domain.ts'
import type { ChallengeType } from '../../ports.ts'
import type { Reason } from '../../reasons.ts'
import { lookBeforeOrder } from '../../look/look-before-order.ts'
import { nextLook } from '../next-look.ts'
import { done, doneTo, failed, wait } from '../outcome.ts'
import { type StepContext, defineStep } from '../step.ts'
import { isConsentedTo } from './verify-ownership.ts'

const SOONEST_MS = 5 * SECOND

/**
 * What a certificate authority would stumble over is found here first, where a look costs nothing: failed validations
 * are limited (5 per name and hour at Let's Encrypt).
 */
export const settle = defineStep({
  name: 'settle',
  from: 'verified',
  to: 'provisioning_cert',
  leadsTo: ['verify_ownership'],
  async run(domain, context) {
    // A worker of a release that knew no claims verified it: nobody holds the name by that.
    if (!domain.holds) return doneTo('verify_ownership')
    const caaIdentities = domain.tls.mode === 'auto' ? await caaIdentitiesOf(context) : []
    const agreed = (await isConsentedTo(domain, context)) ? (['routing'] as const) : (['ownership', 'routing'] as const)
    const because = await lookBeforeOrder(domain, context, { caaIdentities, agreed, offered: challengesOf(context) })
    if (because === null) return done({ looks: 0 })
    if (domain.verification.expiresAt <= context.clock.now()) return failed(because)
    return wait(await lookAgainAt(domain, because, context), because, { looks: domain.looks + 1 })
  },
})

/**
 * What CAA records call those who may be asked: any of them will do. None when one does not answer. That must not stop the
 * name here, where nothing is served yet: the order meets it again, while visitors are served over HTTP.
 */
export async function caaIdentitiesOf({ authorities, signal }: StepContext): Promise<readonly string[]> {
  try {
    const all = await Promise.all(
      authorities.flatMap(({ accounts: [issuer] }) => (issuer === undefined ? [] : [issuer.caaIdentities(signal)])),
    )
    // One that nobody names cannot be forbidden by its name.
    return all.some((identities) => identities.length === 0) ? [] : all.flat()
  } catch (error) {
    if (error instanceof CaProblem) return []
    throw error
  }
}

/** Every way in which one of the authorities can be answered. */
export const challengesOf = ({ authorities }: Pick<StepContext, 'authorities'>): ChallengeType[] =>
  authorities.flatMap(({ accounts }) => accounts.flatMap(({ challenges }) => challenges))

/** Resolvers forget that a record was not there when the zone says so, and then agree; all else takes a person. */
async function lookAgainAt(domain: Domain, because: Reason, { clock, resolver, policy }: StepContext): Promise<Date> {
  const now = clock.now()
  if (because.code !== 'DNS_DISAGREEMENT') return nextLook(domain, now)
  const zone = await resolver.zoneOf(domain.hostname)
  const forgottenMs = (zone?.negativeTtlSeconds ?? Number.POSITIVE_INFINITY) * SECOND
  return after(now, Math.max(SOONEST_MS, Math.min(forgottenMs, policy.settleMs)))
}
