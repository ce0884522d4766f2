import { type Operations, systemClock } from '@mooring/core'
import { sql } from 'kysely'
import { actOnAll } from './bulk.ts'
import type { Database } from './database.ts'
import { takeDeadLetters } from './dead-letter-bulk.ts'
import { createOverviewReader } from './overview.ts'
import type { RegistryOptions } from './registry.ts'
import { workersInHand } from './workers.ts'

/** What ops do to the whole fleet; see the port. */
export function createOperations(database: Database, options: RegistryOptions): Operations {
  const { kysely } = database
  const times = { clock: systemClock, ...options }
  return {
    overview: createOverviewReader(database),
    workers: () => workersInHand(kysely),
    async setDraining(name, draining) {
      const { rows } = await sql`
        update workers set draining = ${draining} where name = ${name} returning name`.execute(kysely)
      return rows.length > 0
    },
    actOnAll: (selection, action, how) => actOnAll(kysely, selection, { ...how, action, times }),
    takeDeadLetters: (filter, action, how) => takeDeadLetters(kysely, filter, { ...how, action }),
  }
}
