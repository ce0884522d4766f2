import { type Notice, hears, newNoticeId, noticeText, silences } from '@mooring/core'
import { type Kysely, type Selectable, type Transaction, sql } from 'kysely'
import { milliseconds } from './due.ts'
import type { NoticeRules, RulesNow } from './notice-rules.ts'
import type { Tables } from './tables.ts'

/** A notice with the words it is told in. */
export type WordedNotice = Omit<Notice, 'sample' | 'lastedMs'> & { text: string }

export const tenantOf = ({ scope, subject }: Notice['topic']): string | null => (scope === 'tenant' ? subject : null)

/** A notice that is written down, and whether a silence holds it back. */
export type WrittenNotice = Notice & { id: string; isSilenced: boolean }

/** Writes notices, each with what every channel that hears of it has to tell; nothing for those that are silenced. */
export async function insertNotices(
  transaction: Transaction<Tables>,
  notices: readonly Notice[],
  options: RulesNow,
): Promise<WrittenNotice[]> {
  if (notices.length === 0) return []
  // Shared: a silence that ends meanwhile either waits for this notice, or does not hold it back.
  const inForce = await sql<Selectable<Tables['silences']>>`
    select * from silences where told_at is null and until > ${options.now} order by id for share`.execute(transaction)
  const holder = (notice: Notice) =>
    inForce.rows.find((silence) => silences(silence, { code: notice.topic.code, tenant: tenantOf(notice.topic) }))
  const written = notices.map((notice) => ({ ...notice, id: newNoticeId(), silenceId: holder(notice)?.id ?? null }))
  await insertWorded(
    transaction,
    written.map((notice) => ({ ...notice, text: noticeText(notice) })),
    options,
  )
  return written.map(({ silenceId, ...notice }) => ({ ...notice, isSilenced: silenceId !== null }))
}

export async function insertWorded(
  transaction: Transaction<Tables>,
  notices: readonly (WordedNotice & { id: string; silenceId: string | null })[],
  { now, channels }: Pick<NoticeRules, 'channels'> & { now: Date },
): Promise<void> {
  const rows = notices.map(({ id, kind, topic, count, isUrgent, text, silenceId }) => ({
    id,
    kind,
    code: topic.code,
    scope: topic.scope,
    subject: topic.subject,
    group_key: topic.key,
    count,
    is_urgent: isUrgent,
    text,
    silence_id: silenceId,
    channels:
      silenceId === null ? channels.filter((one) => hears(one, { kind, isUrgent })).map(({ name }) => name) : [],
  }))
  if (rows.length === 0) return
  await sql`
    with given as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as g (
        id text, kind text, code text, scope text, subject text, group_key text, count integer, is_urgent boolean,
        text text, silence_id text, channels text[]
      )
    ), inserted as (
      insert into notices (id, at, kind, code, scope, subject, group_key, count, is_urgent, text, silence_id)
      select id, ${now}, kind, code, scope, subject, group_key, count, is_urgent, text, silence_id from given
    )
    insert into notice_tellings (notice_id, channel)
    select id, channel from given, unnest(channels) as channel`.execute(transaction)
}

/** What a silence holds back stays until it was told. */
export async function removeOldNotices(kysely: Kysely<Tables>, keptMs: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from notices where id in (
      select n.id from notices n left join silences s on s.id = n.silence_id
      where n.at < now() - ${milliseconds(keptMs)} and (n.silence_id is null or s.told_at is not null)
      order by n.at
      limit 10000
    )`.execute(kysely)
  return Number(numAffectedRows ?? 0)
}
