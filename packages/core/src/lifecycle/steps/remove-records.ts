import { hideChallenges } from '../../dns/challenge-records.ts'
import { removeRecords as removeFrom } from '../../dns/managed-records.ts'
import { managedRecordSets } from '../../dns/managed-record-sets.ts'
import type { Domain } from '../../domain/domain.ts'
import { type Changes, done } from '../outcome.ts'
import { type StepContext, defineStep } from '../step.ts'

/** Undoes what was written into a managed zone, and nothing else: every record of ours is marked with the domain's id. */
export const removeRecords = defineStep({
  name: 'remove_records',
  from: 'deprovisioning',
  to: 'deprovisioning',
  async run(domain, context) {
    const { zones, policy, signal } = context
    const events = await hideOrder(domain, context)
    if (domain.verification.method !== 'managed') return done({ events })
    const zone = await zones.holding(domain.hostname, domain.tenant)
    // The platform gave the zone up: there is nothing left to write to.
    if (zone === null) return done({ events })
    const names = managedRecordSets(domain, policy.edge).map(({ name }) => name)
    await removeFrom(zone, domain.id, [...new Set(names)], signal)
    return done({ events })
  },
})

/** What an order that is not finished shows to its authority. */
async function hideOrder(domain: Domain, context: StepContext): Promise<NonNullable<Changes['events']>> {
  const certificate = await context.certificates.current(domain.id)
  if (certificate?.status !== 'ordering') return []
  return hideChallenges(domain, await context.certificates.challenges(certificate.id), context)
}
