import { AppError, type EdgeReport, type RegisteredEdge, type StepName } from '@mooring/core'
import { type RawBuilder, type Transaction, sql } from 'kysely'
import type { Database } from './database.ts'
import { notifyDue } from './due.ts'
import { wake } from './intents.ts'
import type { Tables } from './tables.ts'

/** Steps that look at what edges have proved; a claim that hands over has its route removed by its successor's. */
const WAITS_ON_EDGES: readonly StepName[] = [
  'confirm_route',
  'confirm_change',
  'confirm_renewal',
  'confirm_holding',
  'confirm_return',
  'confirm_withdrawal',
  'hand_over',
]

/**
 * Stores what an edge proved and refused, and makes the domains that waited for it due, in one transaction: an edge
 * that has its answer knows that the domains go on, whatever dies then.
 *
 * A report that says nothing new only marks the edge as alive: one statement that changes one row.
 */
export async function storeEdgeReport(
  { kysely }: Database,
  edge: RegisteredEdge,
  report: EdgeReport,
): Promise<string[]> {
  const { rows } = await sql`
    update edges set last_seen_at = now()
    where id = ${edge.id} and generation = ${report.generation} and server = ${report.server}
      and (select count(*) from edge_rejections where edge_id = edges.id) = ${report.rejected.length}
      and not exists (
        select domain_id, generation, detail from ${reported(report)}
        except select domain_id, generation, detail from edge_rejections where edge_id = edges.id
      )
    returning id`.execute(kysely)
  if (rows.length > 0) return []
  return kysely.transaction().execute((transaction) => storeNews(transaction, edge, report))
}

async function storeNews(
  transaction: Transaction<Tables>,
  edge: RegisteredEdge,
  report: EdgeReport,
): Promise<string[]> {
  const { rows } = await sql<{ proved: number; issued: number }>`
    select e.generation as proved, p.generation as issued
    from edges e join edge_pools p on p.name = e.edge_pool
    where e.id = ${edge.id}
    for update of e`.execute(transaction)
  if (rows[0] === undefined) throw new AppError('UNAUTHORIZED', 'This edge is not registered any more.')
  const { proved, issued } = rows[0]
  if (report.generation > issued) {
    throw new AppError('INVALID', 'The report names a generation that the pool has not reached.', {
      facts: { edge: edge.name, reported: report.generation, issued },
    })
  }
  if (report.generation < proved) {
    // Overtaken by a later one on its way. An edge that really starts over asks for routes from the start before it
    // reports, and that has taken back what it had proved (see `routesSince`).
    await sql`update edges set last_seen_at = now() where id = ${edge.id}`.execute(transaction)
    return []
  }

  await sql`
    update edges set generation = ${report.generation}, server = ${report.server}, last_seen_at = now()
    where id = ${edge.id}`.execute(transaction)
  const changed = await replaceRejections(transaction, edge, report)
  return wakeDomains(
    transaction,
    sql`
      select unnest(${changed}::text[])
      union
      select domain_id from routes
      where edge_pool = ${edge.pool} and generation > ${proved} and generation <= ${report.generation}`,
  )
}

/** Returns the domains that are newly refused, refused at another generation, or refused no longer. */
async function replaceRejections(
  transaction: Transaction<Tables>,
  edge: RegisteredEdge,
  report: EdgeReport,
): Promise<string[]> {
  // An edge speaks of its own pool only: other ids in the list are left out.
  const { rows } = await sql<{ domain_id: string }>`
    with reported as (
      select r.* from ${reported(report)}
      where exists (select from domains where domains.id = r.domain_id and domains.edge_pool = ${edge.pool})
    ), before as (
      select domain_id, generation from edge_rejections where edge_id = ${edge.id}
    ), taken_back as (
      delete from edge_rejections
      where edge_id = ${edge.id} and domain_id not in (select domain_id from reported)
    ), stored as (
      insert into edge_rejections (edge_id, domain_id, generation, detail)
      select ${edge.id}, domain_id, generation, detail from reported
      on conflict (edge_id, domain_id) do update set generation = excluded.generation, detail = excluded.detail
    )
    select domain_id from (
      (select domain_id, generation from reported except select * from before)
      union (select * from before except select domain_id, generation from reported)
    ) as changed`.execute(transaction)
  return rows.map((row) => row.domain_id)
}

/**
 * Raises `gen` and makes due now those of the domains that wait on edges; `ids` selects them. One that failed at such a
 * step has nothing due, and stays as it is; an active domain at rest stands at another step.
 *
 * Rows are locked in the order of their ids, so that two edges reporting at once do not lock each other out.
 */
export async function wakeDomains(transaction: Transaction<Tables>, ids: RawBuilder<unknown>): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with waiting as (
      select id from domains
      where id in (${ids}) and step = any (${WAITS_ON_EDGES}) and next_run_at is not null
      order by id
      for no key update
    )
    update domains set ${wake}
    from waiting where domains.id = waiting.id
    returning domains.id`.execute(transaction)
  // Whoever called publishes the hints after the commit; the notification is for when it dies before that.
  if (rows.length > 0) await sql`select ${notifyDue}`.execute(transaction)
  return rows.map((row) => row.id)
}

const reported = ({ rejected }: EdgeReport): RawBuilder<unknown> => sql`
  (select distinct on ("domainId") "domainId" as domain_id, generation, left(detail, 1000) as detail
   from jsonb_to_recordset(${JSON.stringify(rejected)}::jsonb)
     as given ("domainId" text, generation bigint, detail text)
   order by "domainId", generation desc) as r`
