import { type Failure, type NoticeGroup, digest, newGroup } from '@mooring/core'
import { type Selectable, type Transaction, sql } from 'kysely'
import { insertNotices, type WrittenNotice } from './notice-rows.ts'
import type { RulesNow } from './notice-rules.ts'
import type { Tables } from './tables.ts'

type GroupRow = Selectable<Tables['notice_groups']>

export const toGroup = (row: GroupRow): NoticeGroup => ({
  topic: { key: row.group_key, code: row.code ?? row.group_key, scope: row.scope, subject: row.subject },
  windowUntil: row.window_until,
  held: row.held,
  sample: row.sample,
  since: row.since,
  domains: row.domains,
  clearSince: row.clear_since,
  escalated: row.escalated,
})

/**
 * Locks the groups of these failures, making those that are not there. The update changes nothing; it locks the row, and
 * unlike a SELECT it finds a row again that another scheduler just deleted. Keys are in order, so that two schedulers
 * cannot deadlock.
 */
export async function lockGroups(
  transaction: Transaction<Tables>,
  failures: readonly Failure[],
  now: Date,
): Promise<NoticeGroup[]> {
  if (failures.length === 0) return []
  const fresh = [...new Map(failures.map((failure) => [failure.topic.key, newGroup(failure, now)])).values()]
  const rows = await transaction
    .insertInto('notice_groups')
    .values(
      fresh
        .toSorted((a, b) => (a.topic.key < b.topic.key ? -1 : 1))
        .map(({ topic, windowUntil, sample, since }) => ({
          group_key: topic.key,
          code: topic.code,
          scope: topic.scope,
          subject: topic.subject,
          window_until: windowUntil,
          sample: JSON.stringify(sample),
          since,
          check_at: now,
        })),
    )
    .onConflict((conflict) => conflict.column('group_key').doUpdateSet({ held: sql`notice_groups.held` }))
    .returningAll()
    .execute()
  return rows.map(toGroup)
}

/** Windows that ended without a new failure. Those locked elsewhere are being decided there. */
export async function lockEndedGroups(
  transaction: Transaction<Tables>,
  now: Date,
  others: readonly NoticeGroup[],
): Promise<NoticeGroup[]> {
  const { rows } = await sql<GroupRow>`
    select * from notice_groups
    where held > 0 and window_until <= ${now} and group_key <> all (${others.map(({ topic }) => topic.key)}::text[])
    order by group_key
    for update skip locked`.execute(transaction)
  return rows.map(toGroup)
}

/** Tells what every group still counts, although its window may be open. */
export async function flushGroups(transaction: Transaction<Tables>, options: RulesNow): Promise<WrittenNotice[]> {
  const { rows } = await sql<GroupRow>`
    select * from notice_groups where held > 0 order by group_key for update skip locked`.execute(transaction)
  const decided = rows.map((row) => digest(toGroup(row), options))
  const notices = decided.flatMap((one) => one.notices)
  await writeGroups(
    transaction,
    decided.map(({ group }) => group),
  )
  return insertNotices(transaction, notices, options)
}

/** Writes groups that are locked. */
export async function writeGroups(transaction: Transaction<Tables>, groups: readonly NoticeGroup[]): Promise<void> {
  if (groups.length === 0) return
  const rows = groups.map(({ topic, windowUntil, held, sample, domains, clearSince, escalated }) => ({
    group_key: topic.key,
    window_until: windowUntil,
    held,
    sample,
    domains,
    clear_since: clearSince,
    escalated,
  }))
  await sql`
    update notice_groups g
    set window_until = w.window_until, held = w.held, sample = w.sample, domains = w.domains,
        clear_since = w.clear_since, escalated = w.escalated
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as w (
      group_key text, window_until timestamptz, held integer, sample jsonb, domains integer, clear_since timestamptz,
      escalated integer
    )
    where g.group_key = w.group_key`.execute(transaction)
}
