import { type Notice, groupFailures, messageLimit, topicOf } from '@mooring/core'
import { type Transaction, sql } from 'kysely'
import type { Database } from './database.ts'
import { followGroups } from './notice-follow.ts'
import { flushGroups, lockEndedGroups, lockGroups, writeGroups } from './notice-groups.ts'
import { onlyNewMembers, takeFailures } from './notice-outbox.ts'
import { cappedOf, hasBacklog, paceChannels } from './notice-pace.ts'
import { insertNotices, type WrittenNotice } from './notice-rows.ts'
import type { NoticeRules, RulesNow } from './notice-rules.ts'
import { tellEndedSilences } from './silences.ts'
import type { Tables } from './tables.ts'

// What one transaction takes from the outbox.
const BATCH = 500

/** What was decided to be told, and what keeps it from being told at once. */
type DecidedNotice = Notice & { held: 'silenced' | 'capped' | null }

export interface Notices {
  /** Whether `group` has something to do. */
  isDue(now: Date, rules: Pick<NoticeRules, 'channels'>): Promise<boolean>
  /**
   * Counts new failures, ends windows, follows each trouble to its end, and writes the messages that may go out now;
   * returns what was decided to be told.
   *
   * `now` is the caller's clock: windows are minutes long, and two clocks apart only stretch one.
   */
  group(options: RulesNow): Promise<DecidedNotice[]>
}

/**
 * Failures on their way to people: outbox → groups → notices → messages, one for each channel. Every failure is in exactly
 * one of them, whichever process dies: each move is one transaction. Any number of schedulers may do this at once, since
 * groups and channels are locked while they are decided about.
 */
export function createNotices({ kysely }: Database): Notices {
  return {
    async isDue(now, { channels }) {
      const { rows } = await sql<{ due: boolean }>`
        select exists (select from notice_outbox)
          or exists (select from notice_groups where held > 0 and window_until <= ${now})
          or exists (select from notice_groups where check_at <= ${now})
          or exists (select from silences where told_at is null and until <= ${now})
          or exists (
            select from notice_tellings t left join notice_channels c using (channel)
            where t.delivery_id is null and t.channel = any (${channels.map(({ name }) => name)})
              and coalesce(c.ready_at, 'epoch') <= ${now}
          ) as due`.execute(kysely)
      return rows[0]?.due ?? false
    },

    async group(options) {
      const inOne = <T>(work: (transaction: Transaction<Tables>) => Promise<T>) => kysely.transaction().execute(work)
      const notices: WrittenNotice[] = []
      for (;;) {
        const batch = await inOne((transaction) => groupBatch(transaction, options))
        notices.push(...batch.notices)
        if (batch.taken < BATCH) break
      }
      notices.push(...(await inOne((transaction) => followGroups(transaction, options))))
      await inOne((transaction) => tellEndedSilences(transaction, options))
      // Where a message for many goes out anyway, it takes what the groups still count.
      if (await hasBacklog(kysely, options)) {
        notices.push(...(await inOne((transaction) => flushGroups(transaction, options))))
      }
      await paceChannels(kysely, { ...options, limit: messageLimit(options.perHour) })
      const capped = await cappedOf(
        kysely,
        notices.map(({ id }) => id),
      )
      return notices.map(({ id, isSilenced, ...notice }) => ({
        ...notice,
        held: isSilenced ? 'silenced' : capped.has(id) ? 'capped' : null,
      }))
    },
  }
}

async function groupBatch(
  transaction: Transaction<Tables>,
  options: RulesNow,
): Promise<{ taken: number; notices: WrittenNotice[] }> {
  const { now, windowMs } = options
  const rows = await takeFailures(transaction, BATCH)
  const failures = rows.map(({ code, place, ...failure }) => ({ ...failure, topic: topicOf(code, place) }))
  const met = await lockGroups(transaction, failures, now)
  const ended = await lockEndedGroups(transaction, now, met)
  const arrivals = Map.groupBy(await onlyNewMembers(transaction, failures, now), ({ topic }) => topic.key)

  const notices: Notice[] = []
  const changed = [...met, ...ended].map((group) => {
    const decided = groupFailures(group, arrivals.get(group.topic.key) ?? [], { now, windowMs })
    notices.push(...decided.notices)
    return decided.group
  })
  await writeGroups(transaction, changed)
  return { taken: rows.length, notices: await insertNotices(transaction, notices, options) }
}
