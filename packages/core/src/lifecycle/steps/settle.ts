import { SECOND, after } from '../../clock.ts'
import type { Domain } from '../../domain/domain.ts'
import { reason } from '../../reasons.ts'
import { lookAtOwnership, lookAtRouting } from '../look.ts'
import { done, wait } from '../outcome.ts'
import { type StepContext, defineStep } from '../step.ts'

const LOOK_AGAIN_MS = 15 * SECOND
/** One resolver agrees with itself: what it just proved it need not prove twice. */
const JUST_PROVED_MS = 10 * SECOND

/**
 * Every resolver must see what one of them saw, or the certificate authority may ask the one that does not and count a
 * failed validation.
 */
export const settle = defineStep({
  name: 'settle',
  from: 'verified',
  to: 'provisioning_cert',
  async run(domain, context) {
    if (context.resolver.servers.length === 1 && isJustProved(domain, context)) return done()
    const verdicts = await Promise.all(
      context.resolver.servers.map(async (server) => ({
        server,
        ownership: await lookAtOwnership(domain, server, context),
        routing: await lookAtRouting(domain, server, context),
      })),
    )
    const dissenting = verdicts.filter(({ ownership, routing }) => !ownership.proved || !routing.proved)
    if (dissenting.length === 0) return done()

    const servers = dissenting.map(({ server }) => server)
    return wait(
      after(context.clock.now(), LOOK_AGAIN_MS),
      reason('DNS_DISAGREEMENT', `The records are right at some DNS servers, but not yet at ${servers.join(', ')}.`, {
        expected: context.resolver.servers.map((server) => `${server}: proved`),
        observed: dissenting.map(({ server, ownership, routing }) => {
          const missing = [ownership, routing].find((verdict) => !verdict.proved)
          return `${server}: ${missing?.proved === false ? missing.because.code : 'proved'}`
        }),
      }),
    )
  },
})

function isJustProved({ ownershipVerifiedAt, routingVerifiedAt }: Domain, { clock }: StepContext): boolean {
  const since = clock.now().getTime() - JUST_PROVED_MS
  return [ownershipVerifiedAt, routingVerifiedAt].every((at) => at !== null && at.getTime() > since)
}
