import type { DomainStore } from '@mooring/core'
import { claim } from './claim.ts'
import type { Database } from './database.ts'
import { heartbeat, release } from './lease.ts'
import { record } from './record.ts'

/**
 * The worker's side of `domains`: claim → run → record.
 *
 * A lease is a token and a time. Whoever claims raises the token, and so does whoever gives the lease up; every write
 * carries the token it was claimed under, so a worker that was frozen, cut off or simply late changes zero rows.
 * `lease_until` only says when somebody else may claim, always by the database's clock.
 *
 * An intent (check, change, delete, an edge's report) needs no lease: it raises `gen`. An outcome decided on an older
 * `gen` may add the facts it found, nothing else.
 */
export function createDomainStore(database: Database, { leaseMs }: { leaseMs: number }): DomainStore {
  return {
    claim: (domainId, worker) => claim(database, { domainId, worker, leaseMs }),
    heartbeat: (lease) => heartbeat(database.kysely, { lease, leaseMs }),
    record: (lease, transition) => record(database.kysely, { lease, transition, leaseMs }),
    release: (lease) => release(database.kysely, lease),
  }
}
