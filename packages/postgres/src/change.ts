import { isDeepStrictEqual } from 'node:util'
import { type IntentAnswer, RESTING_STATES, type State, type StepName, type Target } from '@mooring/core'
import { type Kysely, type RawBuilder, type Transaction, sql } from 'kysely'
import { type DomainRow, toDomain } from './domain-row.ts'
import { notifyDue } from './due.ts'
import { wake } from './intents.ts'
import { refusedByService } from './services.ts'
import type { Tables } from './tables.ts'
import { inTransaction } from './transaction.ts'

interface Patch {
  target?: Target
  metadata?: Record<string, unknown>
}

/**
 * See `Registry.change`. A transaction, not one statement: whether its target is out is asked after the row's lock was
 * waited for. A single statement would look with the snapshot from before the wait, miss the route that a worker
 * published meanwhile, and leave the edges with the old target for good.
 */
export function change(kysely: Kysely<Tables>, id: string, patch: Patch): Promise<IntentAnswer> {
  return inTransaction(kysely, async (transaction): Promise<IntentAnswer> => {
    const row = await lock(transaction, id)
    if (row === undefined) return { kind: 'not_found' }
    if (row.state === 'deprovisioning' || row.state === 'deprovisioned') {
      return { kind: 'wrong_state', state: row.state }
    }
    const target = patch.target === undefined || isDeepStrictEqual(patch.target, row.target) ? null : patch.target
    const republishes = target !== null && (await isTargetOut(transaction, id))
    const consequence = consequenceOf(row, republishes)
    const changed = await write(transaction, { id, target, metadata: patch.metadata ?? null, consequence }).catch(
      (error: unknown) => {
        throw (target && refusedByService(error, target)) ?? error
      },
    )
    // Last, because it locks the row that every route change of the pool needs.
    if (republishes) changed.route_generation = await republish(transaction, id)
    return { kind: 'applied', domain: toDomain(changed) }
  })
}

/** An active domain goes and sees that the edges have the change; one at rest has nothing to look at. */
function consequenceOf(row: DomainRow, republishes: boolean): RawBuilder<unknown> {
  if (row.state === 'active' && republishes) return sql`${wake}, step = 'confirm_change', attempt = 0, reason = null`
  return isAtRest(row) ? sql`updated_at = now()` : wake
}

/** Steps whose due time is a look at what stands, once a day or so. */
export const LOOKS: readonly StepName[] = ['reverify', 'await_return', 'watch_dangling']

/**
 * Whether there is nothing to look at. A domain with a reason waits for something, such as its lost proof: whoever sends
 * a change may have brought that, too.
 */
const isAtRest = ({ state, step, next_run_at, reason }: DomainRow): boolean =>
  RESTING_STATES.includes(state as State) &&
  (next_run_at === null || (reason === null && LOOKS.includes(step as StepName)))

async function lock(transaction: Transaction<Tables>, id: string): Promise<DomainRow | undefined> {
  return transaction.selectFrom('domains').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirst()
}

/** A suspended domain keeps its holding page; what it was given meanwhile is served when it returns. */
async function isTargetOut(transaction: Transaction<Tables>, id: string): Promise<boolean> {
  const route = await transaction
    .selectFrom('routes')
    .select(['variant', 'target'])
    .where('domain_id', '=', id)
    .executeTakeFirst()
  return route !== undefined && route.variant !== 'removed' && route.target.type !== 'holding'
}

interface Write {
  id: string
  target: Target | null
  metadata: Record<string, unknown> | null
  consequence: RawBuilder<unknown>
}

async function write(
  transaction: Transaction<Tables>,
  { id, target, metadata, consequence }: Write,
): Promise<DomainRow> {
  const { rows } = await sql<DomainRow>`
    with changed as (
      update domains
      set target = coalesce(${target === null ? null : JSON.stringify(target)}::jsonb, target),
          metadata = coalesce(${metadata === null ? null : JSON.stringify(metadata)}::jsonb, metadata),
          ${consequence}
      where id = ${id}
      returning *
    ), told as (
      insert into events (domain_id, type, actor, data)
      select id, 'domain.changed', 'api', ${JSON.stringify({ target: target ?? undefined, metadata: metadata ?? undefined })}::jsonb
      from changed
    )
    select changed.*, ${notifyDue} from changed
  `.execute(transaction)
  const [row] = rows
  if (row === undefined) throw new Error(`domain ${id} vanished under its lock`)
  return row
}

/** The route as it is, with the domain's target and a new generation of its pool. See `record` on the order of locks. */
async function republish(transaction: Transaction<Tables>, id: string): Promise<number> {
  const { rows } = await sql<{ generation: number }>`
    with pool as (
      update edge_pools
      set generation = generation + 1
      from domains
      where domains.id = ${id} and edge_pools.name = domains.edge_pool
      returning edge_pools.name, edge_pools.generation
    ), routed as (
      update routes
      set generation = pool.generation, target = domains.target,
          -- A renewal that this change overtook is published with it.
          certificate_id = case when routes.variant = 'https' then domains.certificate_id end
      from pool, domains
      where domains.id = ${id} and routes.domain_id = domains.id
    ), pointed as (
      update domains set route_generation = pool.generation from pool where domains.id = ${id}
    )
    select generation, pg_notify('mooring_routes', name) from pool
  `.execute(transaction)
  const [row] = rows
  if (row === undefined) throw new Error(`the edge pool of domain ${id} is gone`)
  return row.generation
}
