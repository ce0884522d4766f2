import { type Limit, type Notice, type NoticeMessage, bundleText, newDeliveryId, paceChannel } from '@mooring/core'
import { type Kysely, type Transaction, sql } from 'kysely'
import { tenantOf } from './notice-rows.ts'
import type { NoticeRules } from './notice-rules.ts'
import type { Tables } from './tables.ts'

// Facts for machines in one message; the text counts all of them.
const FACTS = 100

interface WaitingNotice {
  id: string
  at: Date
  kind: Notice['kind']
  topic: Notice['topic']
  count: number
  isUrgent: boolean
  text: string
}

type PaceOptions = Pick<NoticeRules, 'channels' | 'windowMs'> & { now: Date; limit: Limit }

/** Whether a channel is about to tell in one message what had to wait. */
export async function hasBacklog(
  kysely: Kysely<Tables>,
  { channels, now }: Pick<NoticeRules, 'channels'> & { now: Date },
): Promise<boolean> {
  const { rows } = await sql<{ yes: boolean }>`
    select exists (
      select from notice_channels c
      where c.channel = any (${channels.map(({ name }) => name)}) and c.ready_at <= ${now} and c.window_until <= ${now}
        and exists (
          select from notice_tellings t join notices n on n.id = t.notice_id
          where t.channel = c.channel and t.delivery_id is null and n.at < c.window_until
        )
    ) as yes`.execute(kysely)
  return rows[0]?.yes ?? false
}

/** Writes the messages that may go out now, channel by channel: one that has to be left alone holds up no other. */
export async function paceChannels(kysely: Kysely<Tables>, options: PaceOptions): Promise<void> {
  for (const { name } of options.channels) {
    const { rows } = await sql<{ ready: boolean }>`
      select exists (select from notice_tellings where channel = ${name} and delivery_id is null)
        and not exists (select from notice_channels where channel = ${name} and ready_at > ${options.now}) as ready
    `.execute(kysely)
    if (rows[0]?.ready === true) {
      await kysely.transaction().execute((transaction) => paceOne(transaction, name, options))
    }
  }
}

/** Those of the notices that a channel of theirs has not been left to send yet: it has had its share for now. */
export async function cappedOf(kysely: Kysely<Tables>, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const { rows } = await sql<{ id: string }>`
    select distinct notice_id as id from notice_tellings
    where notice_id = any (${ids}) and delivery_id is null`.execute(kysely)
  return new Set(rows.map(({ id }) => id))
}

async function paceOne(transaction: Transaction<Tables>, channel: string, options: PaceOptions): Promise<void> {
  // Locked until the commit: a second scheduler counts on from what this one told.
  const pace = await transaction
    .insertInto('notice_channels')
    .values({ channel })
    .onConflict((conflict) => conflict.column('channel').doUpdateSet({ channel }))
    .returning(['tat', 'window_until as windowUntil', 'told'])
    .executeTakeFirstOrThrow()
  const waiting = await readWaiting(transaction, channel)
  const decided = paceChannel(pace, waiting, options)
  const messages = decided.messages.map((notices) => ({ id: newDeliveryId(), notices }))
  for (const { id, notices } of messages) {
    await transaction
      .insertInto('deliveries')
      .values({ id, channel, body: JSON.stringify(bodyOf(notices)), last_error: null })
      .execute()
    await sql`
      update notice_tellings set delivery_id = ${id}
      where channel = ${channel} and notice_id = any (${notices.map((notice) => notice.id)})`.execute(transaction)
  }
  await transaction
    .updateTable('notice_channels')
    .set({
      tat: decided.pace.tat,
      window_until: decided.pace.windowUntil,
      told: decided.pace.told,
      ready_at: decided.readyAt,
    })
    .where('channel', '=', channel)
    .execute()
}

async function readWaiting(transaction: Transaction<Tables>, channel: string): Promise<WaitingNotice[]> {
  const rows = await transaction
    .selectFrom('notice_tellings')
    .innerJoin('notices', 'notices.id', 'notice_tellings.notice_id')
    .selectAll('notices')
    .where('notice_tellings.channel', '=', channel)
    .where('notice_tellings.delivery_id', 'is', null)
    .orderBy('notices.id')
    .execute()
  return rows.map(({ id, at, kind, code, scope, subject, group_key: key, count, is_urgent: isUrgent, text }) => {
    return { id, at, kind, topic: { key, code, scope, subject }, count, isUrgent, text }
  })
}

function bodyOf(notices: readonly WaitingNotice[]): Omit<NoticeMessage, 'id'> {
  const [only] = notices
  return {
    text: notices.length === 1 && only !== undefined ? only.text : bundleText(notices),
    isUrgent: notices.some((notice) => notice.isUrgent),
    notices: notices.slice(0, FACTS).map(({ kind, topic, count }) => {
      return { kind, code: topic.code, group: topic.key, tenant: tenantOf(topic), count }
    }),
  }
}
