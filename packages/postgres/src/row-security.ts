import { AppError } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

/**
 * Throws `INTERNAL` where row-level security would be passed over: by a superuser, a role with BYPASSRLS, the tables'
 * owner. Nothing else would show it, for such a role works as well, and sees more.
 */
export async function assertRowSecurity(database: Database): Promise<void> {
  // Nobody's name: a tenant's has no space in it.
  for (const { kysely } of [database, database.asTenant('nobody at all')]) await assertHeld(kysely)
}

async function assertHeld(kysely: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ role: string; held: boolean | null }>`
    select current_user as role, bool_and(row_security_active(c.oid)) as held
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relrowsecurity`.execute(kysely)
  const [found] = rows
  if (found?.held === true) return
  throw new AppError(
    'INTERNAL',
    `The database role ${found?.role} passes over row-level security: take SUPERUSER, BYPASSRLS and the tables from it.`,
  )
}
