import { applyRecords } from '../../dns/managed-records.ts'
import { managedRecordSets } from '../../dns/managed-record-sets.ts'
import { reason } from '../../reasons.ts'
import { nextLook } from '../next-look.ts'
import { done, failed, wait } from '../outcome.ts'
import { defineStep } from '../step.ts'

/** In a zone the platform controls, the records are written here; elsewhere the customer was told what to add. */
export const accept = defineStep({
  name: 'accept',
  from: 'pending',
  to: 'verifying',
  async run(domain, { zones, claims, policy, clock, signal }) {
    if (domain.verification.method !== 'managed') return done()
    const zone = await zones.holding(domain.hostname, domain.tenant)
    if (zone === null) {
      const message = `No zone that the platform manages holds ${domain.hostname}. Add the zone, then retry the domain.`
      return failed(reason('DNS_ZONE_UNMANAGED', message, { expected: ['a managed zone'], observed: [] }))
    }
    const until = nextLook(domain, clock.now())
    const looks = domain.looks + 1
    // Nobody proves anything here, so a name of somebody else's, or below one, takes more than the right to use the zone.
    if (await claims.isHeldByAnother(domain)) {
      const message = `Another account holds ${domain.hostname}. To move it here, let that one go first.`
      return wait(until, reason('HOSTNAME_TAKEN', message), { looks })
    }
    const above = await claims.holderAbove(domain, { floor: zone.name })
    if (above !== null && !above.consents && !above.shares) {
      const message = `${domain.hostname} lies below ${above.hostname}, which another account holds. Ask it for consent.`
      return wait(until, reason('OWNERSHIP_CONSENT_NEEDED', message, { expected: ['consent'], observed: [] }), {
        looks,
      })
    }
    const applied = await applyRecords(zone, domain.id, managedRecordSets(domain, policy.edge), signal)
    if (applied.kind === 'applied') return done({ looks: 0 })
    const observed = applied.conflicts.map(({ explanation }) => explanation)
    const message = `Records in the zone ${zone.name} are in the way: ${observed.join(' ')} Remove them there.`
    return wait(until, reason('DNS_RECORD_FOREIGN', message, { expected: ['no other record'], observed }), { looks })
  },
})
