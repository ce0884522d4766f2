import type { EventStream, StreamedEvent, StreamPage, StreamPlace } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

/**
 * Every event once, in the order of the transactions that wrote them.
 *
 * Ids are given out before they commit: a reader that went by them would pass over a row whose transaction is still open
 * while a later one commits. Here nothing is shown before every older transaction is over
 * (`tx < pg_snapshot_xmin(…)`), so that what is behind a reader is final; one that stays open delays the stream, and the
 * time limit of every connection bounds how long. Events from before there was a `tx` come first, by their ids.
 */
export function createEventStream({ kysely }: Pick<Database, 'kysely'>): EventStream {
  return {
    read: (after, limit) => readStream(kysely, after, limit),

    async end() {
      const { rows } = await sql<{ tx: number }>`select ${FINAL}::text::bigint as tx`.execute(kysely)
      return { tx: rows[0]?.tx ?? 0, id: 0 }
    },

    async isResumable({ tx, id }, limit) {
      if (tx === 0) return false
      const { rows } = await sql<{ resumable: boolean }>`
        select ${String(tx)}::xid8 <= ${FINAL} and not exists (
          select from events where (tx, id) > (${String(tx)}::xid8, ${id}) order by tx, id offset ${limit} limit 1
        ) as resumable`.execute(kysely)
      return rows[0]?.resumable ?? false
    },
  }
}

/** All transactions below it are over. */
const FINAL = sql`pg_snapshot_xmin(pg_current_snapshot())`

/** Where the events with a `tx` begin. */
const FIRST: StreamPlace = { tx: 1, id: 0 }

/** See `EventStream.read`; of one snapshot, for it is one statement. */
export async function readStream(kysely: Kysely<Tables>, after: StreamPlace, limit: number): Promise<StreamPage> {
  const isOld = after.tx === 0
  const rest = isOld
    ? sql`events.tx is null and events.id > ${after.id} order by events.id`
    : sql`events.tx < ${FINAL} and (events.tx, events.id) > (${String(after.tx)}::xid8, ${after.id})
          order by events.tx, events.id`
  const { rows } = await sql<EventRow>`
    select final.tx as final, found.*
    from (select ${FINAL}::text::bigint as tx) as final
    left join (
      select coalesce(e.tx::text::bigint, 0) as tx, e.id, e.at, e.type, e.actor, e.data,
             d.id as "domainId", d.hostname, d.tenant, d.state
      from (select * from events where ${rest} limit ${limit}) as e
      join domains d on d.id = e.domain_id
    ) as found on true
    order by found.tx, found.id`.execute(kysely)
  const events = rows.flatMap((row) => (row.id === null ? [] : [toEvent({ ...row, id: row.id })]))
  const last = events.at(-1)
  if (events.length === limit && last !== undefined) return { events, next: last.place, isEnd: false }
  return isOld
    ? { events, next: FIRST, isEnd: false }
    : { events, next: { tx: rows[0]?.final ?? after.tx, id: 0 }, isEnd: true }
}

interface EventRow extends Omit<StreamedEvent, 'place' | 'id'> {
  final: number
  tx: number
  id: number | null
}

const toEvent = (row: EventRow & { id: number }): StreamedEvent => ({
  place: { tx: row.tx, id: row.id },
  id: row.id,
  at: row.at,
  type: row.type,
  actor: row.actor,
  data: row.data,
  domainId: row.domainId,
  hostname: row.hostname,
  tenant: row.tenant,
  state: row.state,
})
