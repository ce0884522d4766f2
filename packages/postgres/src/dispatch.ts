import type { Dispatch, Hint } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'
import { isHinted, isLeased, isWaitingForHint, milliseconds } from './due.ts'
import type { Tables } from './tables.ts'

interface DispatchOptions {
  /** A hint that no worker took up for this long is given again. */
  hintSeconds: number
  /** How many domains of one tenant are hinted or worked on before other tenants' domains go first. */
  tenantInFlight: number
}

export function createDispatch({ kysely }: Database, options: DispatchOptions): Dispatch {
  return {
    takeDue: ({ limit, only }) =>
      only === undefined ? takeDue(kysely, { ...options, limit }) : takeThese(kysely, { ...options, limit, only }),
    nextDueAt: () => nextDueAt(kysely),
  }
}

/** Callers take different rows: each looks at this many times its limit, to have enough when others lock the first. */
const LOOK_AHEAD = 4

/**
 * See `Dispatch.takeDue`. Tenants take turns: everybody's first domain, then everybody's second, so that a tenant with
 * one domain never waits behind ten thousand of another. What would put a tenant above its cap of domains in flight
 * comes after everything that would not: the cap binds while others wait, and leaves no worker idle.
 *
 * - `in_flight`  what each tenant has hinted or leased
 * - `tenants`    who has domains waiting; more than `limit` cannot have a turn
 * - `turns`      the order
 * - `taken`      locked. SKIP LOCKED keeps two callers from hinting one row; the condition is asked again under the
 *                lock, for the row may have been hinted or claimed since this statement took its snapshot
 */
async function takeDue(
  kysely: Kysely<Tables>,
  { limit, hintSeconds, tenantInFlight: cap }: DispatchOptions & { limit: number },
): Promise<Hint[]> {
  const { rows } = await sql<Hint>`
    with in_flight as (
      select tenant, count(*) as held from domains where ${isLeased} or ${isHinted} group by tenant
    ), tenants as (
      select tenant, coalesce(held, 0) as held
      from (
        select tenant, min(next_run_at) as since from domains where ${isWaitingForHint} group by tenant
      ) as waiting
      left join in_flight using (tenant)
      order by coalesce(held, 0) >= ${cap}, since, tenant
      limit ${limit}
    ), turns as (
      select queue.id, turn, held + turn > ${cap} as over_cap
      from tenants
      cross join lateral (
        select id, next_run_at, row_number() over (order by next_run_at, id) as turn
        from domains
        where domains.tenant = tenants.tenant and ${isWaitingForHint}
        order by next_run_at, id
        limit ${limit}
      ) as queue
      order by over_cap, turn, next_run_at, id
      limit ${limit * LOOK_AHEAD}
    ), taken as (
      select domains.id, over_cap, turn
      from domains join turns using (id)
      where ${isWaitingForHint}
      order by over_cap, turn, next_run_at, id
      limit ${limit}
      for no key update of domains skip locked
    ), hinted as (
      update domains
      set hinted_until = now() + ${milliseconds(hintSeconds * 1000)}
      from taken
      where domains.id = taken.id
      returning domains.id, lane, over_cap, turn, next_run_at
    )
    select id as "domainId", lane from hinted order by over_cap, turn, next_run_at, id
  `.execute(kysely)
  return rows
}

/** Somebody has just asked for these, or an edge has answered for them: they take no turns. */
async function takeThese(
  kysely: Kysely<Tables>,
  { limit, only, hintSeconds }: DispatchOptions & { limit: number; only: string[] },
): Promise<Hint[]> {
  const { rows } = await sql<Hint>`
    with taken as (
      select id from domains
      where id = any(${only}) and ${isWaitingForHint}
      order by next_run_at, id
      limit ${limit}
      for no key update skip locked
    )
    update domains
    set hinted_until = now() + ${milliseconds(hintSeconds * 1000)}
    from taken
    where domains.id = taken.id
    returning domains.id as "domainId", lane
  `.execute(kysely)
  return rows
}

/**
 * See `Dispatch.nextDueAt`. What is hinted or leased is due again when that runs out, should nobody take it up or its
 * worker die. Rounded up to JavaScript's milliseconds, so that whoever wakes at this time finds the row due.
 */
async function nextDueAt(kysely: Kysely<Tables>): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`
    select date_trunc('milliseconds', least(idle.at, in_hand.at) + interval '0.999 milliseconds') as at
    from (
      select min(next_run_at) as at from domains
      where next_run_at is not null and lease_until is null and hinted_until is null
    ) as idle, (
      select min(greatest(next_run_at, lease_until, hinted_until)) as at from domains
      where next_run_at is not null and (lease_until is not null or hinted_until is not null)
    ) as in_hand
  `.execute(kysely)
  return rows[0]?.at ?? null
}
