import { newNoticeId, type NoticeScope, silencedText } from '@mooring/core'
import { type Transaction, sql } from 'kysely'
import { insertWorded } from './notice-rows.ts'
import type { NoticeRules } from './notice-rules.ts'
import type { Tables } from './tables.ts'

/** Tells, once, what each silence that is over held back: a digest per group of what was silenced. */
export async function tellEndedSilences(
  transaction: Transaction<Tables>,
  options: Pick<NoticeRules, 'channels'> & { now: Date },
): Promise<void> {
  const ended = await sql<{ id: string }>`
    select id from silences where told_at is null and until <= ${options.now}
    order by id for update skip locked`.execute(transaction)
  if (ended.rows.length === 0) return
  const ids = ended.rows.map(({ id }) => id)
  // What was told of a domain when its trouble began is counted; that it lasts, or ended, adds no domain.
  const { rows } = await sql<{
    group_key: string
    code: string
    scope: NoticeScope
    subject: string | null
    domains: number
    notices: number
    is_urgent: boolean
  }>`
    select group_key, code, scope, subject, count(*)::int as notices, bool_or(is_urgent) as is_urgent,
      coalesce(sum(count) filter (where kind in ('first', 'digest')), max(count))::int as domains
    from notices where silence_id = any (${ids})
    group by group_key, code, scope, subject
    order by group_key`.execute(transaction)
  await sql`update silences set told_at = ${options.now} where id = any (${ids})`.execute(transaction)

  const worded = rows.map(({ group_key: key, code, scope, subject, domains, notices, is_urgent: isUrgent }) => {
    const topic = { key, code, scope, subject }
    const text = silencedText(topic, { domains, notices })
    return { id: newNoticeId(), kind: 'digest' as const, topic, count: domains, isUrgent, text, silenceId: null }
  })
  await insertWorded(transaction, worded, options)
}
