import { type Failure, type FailurePlace, NOTICE_SCOPES, type Reason } from '@mooring/core'
import { type Transaction, sql } from 'kysely'
import type { Tables } from './tables.ts'

interface OutboxRow extends Omit<Failure, 'topic'> {
  code: string
  place: FailurePlace
}

const codesBy = (scope: string): string[] =>
  Object.entries(NOTICE_SCOPES).flatMap(([code, by]) => (by === scope ? [code] : []))
const BY_CA = codesBy('ca')
const BY_EDGE = codesBy('edge')

/**
 * Takes the oldest failures, each with where its domain belongs. That is looked up here and not written with the
 * transition, which is on the path of every launch.
 */
export async function takeFailures(transaction: Transaction<Tables>, limit: number): Promise<OutboxRow[]> {
  const { rows } = await sql<
    { id: number; code: string; hostname: string; reason: Reason; domain_id: string } & FailurePlace
  >`
    with oldest as (
      select id from notice_outbox order by id limit ${limit} for update skip locked
    ), gone as (
      delete from notice_outbox o using oldest where o.id = oldest.id
      returning o.*
    )
    select gone.id, gone.group_key as code, gone.domain_id, gone.hostname, gone.reason, d.tenant,
      case when gone.group_key = any (${BY_CA}::text[]) then (
        select split_part(c.issuer, '/', 1) from certificates c
        where c.domain_id = gone.domain_id
        order by c.status = 'ordering' desc, c.created_at desc
        limit 1
      ) end as ca,
      case when gone.group_key = any (${BY_EDGE}::text[]) then coalesce((
        select min(e.name) from edge_rejections r join edges e on e.id = r.edge_id where r.domain_id = gone.domain_id
      ), d.edge_pool) end as edge
    from gone left join domains d on d.id = gone.domain_id
    order by gone.id`.execute(transaction)
  return rows.map(({ code, hostname, reason, domain_id: domainId, tenant, ca, edge }) => ({
    code,
    hostname,
    reason,
    domainId,
    place: { tenant, ca, edge },
  }))
}

/** The first failure of each domain its group has not met before; the groups' rows are locked. */
export async function onlyNewMembers(
  transaction: Transaction<Tables>,
  failures: Failure[],
  now: Date,
): Promise<Failure[]> {
  if (failures.length === 0) return []
  const met = new Map(failures.toReversed().map((failure) => [`${failure.topic.key} ${failure.domainId}`, failure]))
  const added = await transaction
    .insertInto('notice_members')
    .values([...met.values()].map(({ topic, domainId }) => ({ group_key: topic.key, domain_id: domainId, at: now })))
    .onConflict((conflict) => conflict.doNothing())
    .returning(['group_key', 'domain_id'])
    .execute()
  const isNew = new Set(added.map((row) => `${row.group_key} ${row.domain_id}`))
  return [...met].flatMap(([member, failure]) => (isNew.has(member) ? [failure] : [])).toReversed()
}
