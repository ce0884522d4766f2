import type { RecordAnswer } from '@mooring/core'
import type { Kysely } from 'kysely'
import { lockHostnameOf } from './hostnames.ts'
import type { Tables } from './tables.ts'
import { takeHostname } from './take-hostname.ts'
import { type Recording, changesOf, writeTransition } from './write-transition.ts'

/**
 * See `DomainStore.record`. One statement, so that a transition is there wholly or not at all; one transaction with the
 * hostname locked before it where the hostname passes from hand to hand.
 *
 * Locks are taken in this order everywhere, for any other somewhere would deadlock: the hostname, its claims in the order
 * of their ids, the edge pool, routes.
 */
export function record(kysely: Kysely<Tables>, recording: Recording): Promise<RecordAnswer> {
  const { takesHostname, releasesHostname } = changesOf(recording.transition.outcome)
  if (takesHostname !== true && releasesHostname !== true) return writeTransition(kysely, recording)
  return kysely.transaction().execute(async (transaction) => {
    const name = await lockHostnameOf(transaction, recording.lease.domainId)
    if (name !== null && takesHostname === true) await takeHostname(transaction, recording.lease, name)
    return writeTransition(transaction, recording)
  })
}
