import type { NoticeDesk, Silence, ToldNotice } from '@mooring/core'
import { type Selectable, sql } from 'kysely'
import { decodeCursor, microsecondsOf, pageOf, timeOf } from './cursor.ts'
import type { Database } from './database.ts'
import { tenantOf } from './notice-rows.ts'
import type { Tables } from './tables.ts'

interface ListedRow extends Selectable<Tables['notices']> {
  at_us: number
  deliveries: ListedDelivery[]
}

/** As `jsonb_build_object` gives it. */
interface ListedDelivery {
  channel: string
  attempt: number | null
  error: string | null
  delivered_at: string | null
  is_over: boolean | null
  is_written: boolean
}

/** What people see of notices, and the silences that they ask for. */
export function createNoticeDesk({ kysely }: Pick<Database, 'kysely'>): NoticeDesk {
  return {
    async list({ limit, cursor }) {
      const [at, id] = cursor === null ? [Number.MAX_SAFE_INTEGER / 4, ''] : decodeCursor(cursor, ['number', 'text'])
      const { rows } = await sql<ListedRow>`
        select n.*, ${microsecondsOf(sql`n.at`)} as at_us, coalesce(told.deliveries, '[]') as deliveries
        from notices n
        left join lateral (
          select jsonb_agg(jsonb_build_object(
            'channel', t.channel, 'attempt', d.attempt, 'error', d.last_error, 'delivered_at', d.delivered_at,
            'is_over', d.next_run_at is null, 'is_written', t.delivery_id is not null
          ) order by t.channel) as deliveries
          from notice_tellings t left join deliveries d on d.id = t.delivery_id
          where t.notice_id = n.id
        ) as told on true
        where (n.at, n.id) < (${timeOf(at)}, ${id})
        order by n.at desc, n.id desc
        limit ${limit + 1}`.execute(kysely)
      return pageOf(rows, limit, { item: toToldNotice, place: (row) => [row.at_us, row.id] })
    },

    async silences() {
      const rows = await kysely
        .selectFrom('silences')
        .selectAll()
        .where('until', '>', sql<Date>`now()`)
        .orderBy('created_at', 'desc')
        .execute()
      return rows.map(toSilence)
    },

    async addSilence({ id, code, tenant, until, why, createdBy, createdAt }) {
      await kysely
        .insertInto('silences')
        .values({ id, code, tenant, until, why, created_by: createdBy, created_at: createdAt })
        .execute()
    },

    async endSilence(id) {
      const { rows } = await sql`
        update silences set until = now() where id = ${id} and until > now() returning id`.execute(kysely)
      return rows.length > 0
    },
  }
}

function toToldNotice(row: ListedRow): ToldNotice {
  const { id, at, kind, code, group_key: group, count, text } = row
  const deliveries = row.deliveries.map(({ channel, attempt, error, delivered_at: deliveredAt, is_over: isOver }) => ({
    channel,
    status:
      deliveredAt !== null
        ? ('sent' as const)
        : isOver === true && attempt !== null
          ? ('failed' as const)
          : ('pending' as const),
    attempt: attempt ?? 0,
    error,
    at: deliveredAt === null ? null : new Date(deliveredAt),
  }))
  const isWaiting = row.deliveries.some(({ is_written: isWritten }) => !isWritten)
  const held = row.silence_id !== null ? ('silenced' as const) : isWaiting ? ('capped' as const) : null
  const topic = { key: group, code, scope: row.scope, subject: row.subject }
  return { id, at, kind, code, group, tenant: tenantOf(topic), count, text, held, deliveries }
}

const toSilence = (row: Selectable<Tables['silences']>): Silence => ({
  id: row.id,
  code: row.code,
  tenant: row.tenant,
  until: row.until,
  why: row.why,
  createdBy: row.created_by,
  createdAt: row.created_at,
})
