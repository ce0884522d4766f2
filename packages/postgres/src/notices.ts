import { type Failure, type Notice, groupFailures, newDeliveryId, noticeText } from '@mooring/core'
import { type Transaction, sql } from 'kysely'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

// What one transaction takes from the outbox.
const BATCH = 500

export interface Notices {
  /** Whether `group` has something to do: failures not yet counted, or a window that ended. */
  isDue(now: Date): Promise<boolean>
  /**
   * Counts new failures, ends windows, and writes a delivery per message and channel; returns the messages.
   *
   * `now` is the caller's clock: windows are minutes long, and two clocks apart only stretch one.
   */
  group(options: { now: Date; windowMs: number; channels: readonly string[] }): Promise<Notice[]>
}

/**
 * Failures on their way to people: outbox → groups → deliveries. Every failure is in exactly one of them or in a
 * message, whichever process dies: each move is one transaction. Any number of schedulers may group at once, since a
 * group's row is locked while it is decided about.
 */
export function createNotices({ kysely }: Database): Notices {
  return {
    async isDue(now) {
      const { rows } = await sql<{ due: boolean }>`
        select exists (select from notice_outbox)
          or exists (select from notice_groups where window_until <= ${now}) as due`.execute(kysely)
      return rows[0]?.due ?? false
    },

    async group(options) {
      const notices: Notice[] = []
      for (;;) {
        const batch = await kysely.transaction().execute((transaction) => groupBatch(transaction, options))
        notices.push(...batch.notices)
        if (batch.taken < BATCH) return notices
      }
    },
  }
}

async function groupBatch(
  transaction: Transaction<Tables>,
  { now, windowMs, channels }: Parameters<Notices['group']>[0],
): Promise<{ taken: number; notices: Notice[] }> {
  const failures = await takeFailures(transaction)
  const byKey = Map.groupBy(failures, (failure) => failure.groupKey)
  const groups = [...(await lockGroups(transaction, byKey)), ...(await lockEndedGroups(transaction, now, byKey))]
  const arrivals = Map.groupBy(await onlyNewMembers(transaction, failures), (failure) => failure.groupKey)

  const notices: Notice[] = []
  for (const row of groups) {
    const { group_key: key, window_until: windowUntil, held, sample } = row
    const present = { key, windowUntil, held, sample: sample as unknown as Failure }
    const decided = groupFailures(present, arrivals.get(key) ?? [], { now, windowMs })
    notices.push(...decided.notices)
    if (decided.group === null) {
      await transaction.deleteFrom('notice_groups').where('group_key', '=', key).execute()
      continue
    }
    await transaction
      .updateTable('notice_groups')
      .set({
        window_until: decided.group.windowUntil,
        held: decided.group.held,
        sample: JSON.stringify(decided.group.sample),
      })
      .where('group_key', '=', key)
      .execute()
  }
  await insertDeliveries(transaction, notices, channels)
  return { taken: failures.length, notices }
}

async function takeFailures(transaction: Transaction<Tables>): Promise<Failure[]> {
  const { rows } = await sql<Failure & { id: number }>`
    with oldest as (
      select id from notice_outbox order by id limit ${BATCH} for update skip locked
    )
    delete from notice_outbox o using oldest where o.id = oldest.id
    returning o.id, o.group_key as "groupKey", o.domain_id as "domainId", o.hostname, o.reason`.execute(transaction)
  return rows
    .toSorted((a, b) => a.id - b.id)
    .map(({ groupKey, domainId, hostname, reason }) => ({ groupKey, domainId, hostname, reason }))
}

/**
 * Locks the groups of these failures, making those that are not there. A new one starts as a window that ended long
 * ago with nothing in it: the same as none. The update changes nothing; it locks the row, and unlike a SELECT it
 * finds a row again that another scheduler just deleted. Keys are in order, so that two schedulers cannot deadlock.
 */
async function lockGroups(transaction: Transaction<Tables>, byKey: Map<string, Failure[]>) {
  if (byKey.size === 0) return []
  const rows = [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return transaction
    .insertInto('notice_groups')
    .values(
      rows.map(([key, [first]]) => ({ group_key: key, window_until: new Date(0), sample: JSON.stringify(first) })),
    )
    .onConflict((conflict) => conflict.column('group_key').doUpdateSet({ held: sql`notice_groups.held` }))
    .returningAll()
    .execute()
}

/** Windows that ended without a new failure. Those locked elsewhere are being decided there. */
async function lockEndedGroups(transaction: Transaction<Tables>, now: Date, byKey: Map<string, Failure[]>) {
  const ended = transaction.selectFrom('notice_groups').selectAll().where('window_until', '<=', now)
  const others = byKey.size === 0 ? ended : ended.where('group_key', 'not in', [...byKey.keys()])
  return others.forUpdate().skipLocked().execute()
}

/** The first failure of each domain its group has not met before; the groups' rows are locked. */
async function onlyNewMembers(transaction: Transaction<Tables>, failures: Failure[]): Promise<Failure[]> {
  if (failures.length === 0) return []
  const met = new Map(failures.toReversed().map((failure) => [`${failure.groupKey} ${failure.domainId}`, failure]))
  const added = await transaction
    .insertInto('notice_members')
    .values([...met.values()].map(({ groupKey, domainId }) => ({ group_key: groupKey, domain_id: domainId })))
    .onConflict((conflict) => conflict.doNothing())
    .returning(['group_key', 'domain_id'])
    .execute()
  const isNew = new Set(added.map((row) => `${row.group_key} ${row.domain_id}`))
  return [...met].flatMap(([member, failure]) => (isNew.has(member) ? [failure] : [])).toReversed()
}

async function insertDeliveries(transaction: Transaction<Tables>, notices: Notice[], channels: readonly string[]) {
  const rows = notices.flatMap((notice) =>
    channels.map((channel) => ({
      id: newDeliveryId(),
      channel,
      body: JSON.stringify({ text: noticeText(notice) }),
      last_error: null,
    })),
  )
  if (rows.length > 0) await transaction.insertInto('deliveries').values(rows).execute()
}
