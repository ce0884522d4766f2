import { removeRecords as removeFrom } from '../../dns/managed-records.ts'
import { managedRecordSets } from '../../dns/managed-record-sets.ts'
import { done } from '../outcome.ts'
import { defineStep } from '../step.ts'

/** Undoes what was written into a managed zone, and nothing else: every record of ours is marked with the domain's id. */
export const removeRecords = defineStep({
  name: 'remove_records',
  from: 'deprovisioning',
  to: 'deprovisioning',
  async run(domain, { zones, policy, signal }) {
    if (domain.verification.method !== 'managed') return done()
    const zone = await zones.holding(domain.hostname, domain.tenant)
    // The platform gave the zone up: there is nothing left to write to.
    if (zone === null) return done()
    const names = managedRecordSets(domain, policy.edge).map(({ name }) => name)
    await removeFrom(zone, domain.id, [...new Set(names)], signal)
    return done()
  },
})
