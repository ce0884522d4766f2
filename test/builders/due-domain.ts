import type { Domain } from '@mooring/core'
import type { Database } from '@mooring/postgres'
import { storeDomain } from './stored-domain.ts'

/** A domain's row that is due now, held by nobody. */
export async function storeDueDomain(database: Database, overrides: Partial<Domain> = {}): Promise<Domain> {
  const { domain } = await storeDomain(database, overrides)
  await database.kysely
    .updateTable('domains')
    .set({ lease_until: null, leased_by: null, attempt: overrides.attempt ?? 0 })
    .where('id', '=', domain.id)
    .execute()
  return domain
}
