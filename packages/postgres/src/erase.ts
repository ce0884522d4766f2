import type { IntentAnswer } from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { type DomainRow } from './domain-row.ts'
import { answerOf } from './intents.ts'
import type { Tables } from './tables.ts'

/** See `Registry.erase`. */
export async function erase(kysely: Kysely<Tables>, id: string): Promise<IntentAnswer> {
  const { rows } = await sql<DomainRow & { applied: boolean }>`
    with ${erased(sql`select * from domains where id = ${id} and state = 'deprovisioned' for no key update`, 'api')}
    select true as applied, erased.* from erased
    union all
    select false, domains.* from domains where id = ${id} and not exists (select from erased)
  `.execute(kysely)
  const row = rows[0]
  return answerOf(row === undefined ? null : { applied: row.applied, row })
}

/**
 * CTEs that forget what a person typed of the domains that `rows` locks: metadata and target, wherever they were written
 * down. What happened and when stays. `erased` is the rows as they are then; one erased before is no event.
 */
export const erased = (rows: RawBuilder<unknown>, actor: 'api' | 'mooring'): RawBuilder<unknown> => sql`
  left_behind as (
    ${rows}
  ), erased as (
    update domains
    set metadata = '{}', target = '{"type": "none"}', erased_at = coalesce(domains.erased_at, now()),
        ended_at = coalesce(domains.ended_at, domains.updated_at), updated_at = now()
    from left_behind
    where domains.id = left_behind.id
    returning domains.*
  ), forgotten_routes as (
    update routes set target = '{"type": "none"}' from left_behind where routes.domain_id = left_behind.id
  ), forgotten_events as (
    update events set data = data - 'target' - 'metadata'
    from left_behind
    where events.domain_id = left_behind.id and (data ? 'target' or data ? 'metadata')
  ), forgotten_consents as (
    delete from consents using left_behind where consents.domain_id = left_behind.id
  ), told as (
    insert into events (domain_id, type, actor)
    select id, 'domain.erased', ${actor} from left_behind where erased_at is null
  )`
