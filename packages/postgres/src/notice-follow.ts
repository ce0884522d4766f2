import { MINUTE, type Notice, type NoticeGroup, SECOND, after, followTrouble } from '@mooring/core'
import { type Selectable, type Transaction, sql } from 'kysely'
import { toGroup, writeGroups } from './notice-groups.ts'
import { insertNotices, type WrittenNotice } from './notice-rows.ts'
import type { RulesNow } from './notice-rules.ts'
import type { Tables } from './tables.ts'

const BATCH = 1000
const LONGEST_PAUSE_MS = 15 * MINUTE

// The reason of a renewal stands beside the domain's own. A reason goes when the domain moves on, leaves, or is forgotten.
const HAS_TROUBLE = sql<boolean>`
  exists (
    select from domains d
    where d.id = m.domain_id and (d.reason ->> 'code' = due.known_code or d.renewal_reason ->> 'code' = due.known_code)
  )`

/**
 * Looks after groups: which are over, which last too long. Members that had the trouble and are rid of it are dropped
 * while others still have it, so that they are told again if it comes back.
 */
export async function followGroups(transaction: Transaction<Tables>, options: RulesNow): Promise<WrittenNotice[]> {
  const { now, recoveryMs } = options
  const { rows } = await sql<Selectable<Tables['notice_groups']> & { in_trouble: boolean }>`
    with due as (
      select *, coalesce(code, group_key) as known_code from notice_groups
      where check_at <= ${now}
      order by group_key
      limit ${BATCH}
      for update skip locked
    )
    select due.*, exists (select from notice_members m where m.group_key = due.group_key and ${HAS_TROUBLE}) as in_trouble
    from due`.execute(transaction)
  if (rows.length === 0) return []

  const notices: Notice[] = []
  const lasting: NoticeGroup[] = []
  const over: string[] = []
  for (const row of rows) {
    const decided = followTrouble(toGroup(row), { isInTrouble: row.in_trouble, now, recoveryMs })
    notices.push(...decided.notices)
    if (decided.group === null) over.push(row.group_key)
    else lasting.push(decided.group)
  }
  await dropRecovered(
    transaction,
    rows.filter((row) => row.in_trouble).map((row) => row.group_key),
    after(now, -recoveryMs),
  )
  await writeGroups(transaction, lasting)
  const checks = lasting.map((group) => ({ key: group.topic.key, at: after(now, pauseOf(group, options)) }))
  await sql`
    update notice_groups g set check_at = c.at
    from jsonb_to_recordset(${JSON.stringify(checks)}::jsonb) as c (key text, at timestamptz)
    where g.group_key = c.key`.execute(transaction)
  await sql`delete from notice_groups where group_key = any (${over})`.execute(transaction)
  return insertNotices(transaction, notices, options)
}

/**
 * An old trouble is looked at less often, so that thousands of names that nobody ever mends cost little: its end, or that it
 * lasts too long, is told late by a twentieth of its age at most. One that may be over is looked at closely.
 */
function pauseOf({ since, clearSince }: NoticeGroup, { now, recoveryMs }: RulesNow): number {
  const closely = Math.min(Math.max(recoveryMs / 4, SECOND), MINUTE)
  if (clearSince !== null) return closely
  return Math.max(closely, Math.min((now.getTime() - since.getTime()) / 20, LONGEST_PAUSE_MS))
}

/** Not those that just came: a domain may be tried again at this moment, and fail again. */
async function dropRecovered(transaction: Transaction<Tables>, keys: readonly string[], before: Date): Promise<void> {
  await sql`
    delete from notice_members m
    using (
      select group_key, coalesce(code, group_key) as known_code from notice_groups where group_key = any (${keys})
    ) as due
    where m.group_key = due.group_key and m.at < ${before} and not ${HAS_TROUBLE}`.execute(transaction)
}
