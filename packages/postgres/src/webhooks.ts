import type { Page, WebhookStore } from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { decodeCursor, microsecondsOf, pageOf, timeOf } from './cursor.ts'
import type { TenantDatabase } from './database.ts'
import { milliseconds } from './due.ts'
import type { Tables } from './tables.ts'
import { inTransaction } from './transaction.ts'
import { wakeLines } from './webhook-lines.ts'
import { type DeliveryRow, nextTryAt, toDelivery, toWebhook, type WebhookRow } from './webhook-rows.ts'

/** Of one tenant, and of the platform itself: what is sent grows with each. */
const MOST_WEBHOOKS = 20
const REPLAY_BATCH = 1_000

/** On the whole database, or on what one tenant has of it. */
export function createWebhookStore({ kysely }: TenantDatabase): WebhookStore {
  return {
    async create({ id, url, tenant, types, description, sealedSecret, createdBy }) {
      const { rows } = await sql<WebhookRow>`
        insert into webhooks (id, url, tenant, types, description, sealed_secret, created_by)
        select ${id}, ${url}, ${tenant}, ${types}::text[], ${description}, ${JSON.stringify(sealedSecret)}::jsonb, ${createdBy}
        where (select count(*) from webhooks where tenant is not distinct from ${tenant}) < ${MOST_WEBHOOKS}
        returning *`.execute(kysely)
      return firstOf(rows)
    },

    async find(id) {
      const { rows } = await sql<WebhookRow>`select * from webhooks where id = ${id}`.execute(kysely)
      return firstOf(rows)
    },

    async list({ limit, cursor }) {
      const { rows } = await sql<WebhookRow & { created_us: number }>`
        select *, ${microsecondsOf(sql`created_at`)} as created_us from webhooks
        where ${before(cursor)} order by created_at desc, id desc limit ${limit + 1}`.execute(kysely)
      return pageOf(rows, limit, { item: toWebhook, place: (row) => [row.created_us, row.id] })
    },

    async change(id, { url, types, description, enabled }) {
      const { rows } = await sql<WebhookRow>`
        update webhooks
        set url = coalesce(${url ?? null}, url),
            types = case when ${types !== undefined}::boolean then ${types ?? null}::text[] else types end,
            description = coalesce(${description ?? null}, description),
            disabled_at = case ${enabled ?? null}::boolean
              when true then null when false then coalesce(disabled_at, now()) else disabled_at end,
            disabled_because = case ${enabled ?? null}::boolean
              when true then null when false then coalesce(disabled_because, 'operator') else disabled_because end,
            updated_at = now()
        where id = ${id}
        returning *`.execute(kysely)
      return firstOf(rows)
    },

    async remove(id) {
      const { rows } = await sql`delete from webhooks where id = ${id} returning id`.execute(kysely)
      return rows.length === 1
    },

    async rotate(id, sealedSecret, overlapMs) {
      const { rows } = await sql<WebhookRow>`
        update webhooks
        set previous_sealed_secret = sealed_secret, previous_until = now() + ${milliseconds(overlapMs)},
            sealed_secret = ${JSON.stringify(sealedSecret)}::jsonb, updated_at = now()
        where id = ${id}
        returning *`.execute(kysely)
      return firstOf(rows)
    },

    deliveries: (id, filter, page) => listDeliveries(kysely, { id, ...filter }, page),

    delivery: (id, deliveryId) => findDelivery(kysely, id, deliveryId),

    async test(id, message) {
      return inTransaction(kysely, async (transaction) => {
        const { rows } = await sql`select from webhooks where id = ${id}`.execute(transaction)
        if (rows.length === 0) return null
        await wakeLines(transaction, [{ webhookId: id, line: message.id }])
        await sql`
          insert into webhook_deliveries (id, webhook_id, line, sequence, type, body)
          values (${message.id}, ${id}, ${message.id}, 0, ${String(message.body['type'])}, ${JSON.stringify(message.body)}::json)
        `.execute(transaction)
        return findDelivery(transaction, id, message.id)
      })
    },

    async replay(id, deliveryId) {
      return inTransaction(kysely, async (transaction) => {
        const queued = await queueAgain(transaction, id, sql`id = ${deliveryId}`)
        return queued === 0 ? null : findDelivery(transaction, id, deliveryId)
      })
    },

    /** In batches, each of them whole: one that dies in between is simply asked again. */
    async replaySince(id, since) {
      const { rows } = await sql<{ now: Date }>`select now() as now`.execute(kysely)
      const isLeft = sql`created_at >= ${since} and status <> 'pending' and queued_at < ${rows[0]?.now ?? new Date()}`
      for (let total = 0; ; ) {
        const queued = await inTransaction(kysely, (transaction) => queueAgain(transaction, id, isLeft))
        total += queued
        if (queued < REPLAY_BATCH) return total
      }
    },
  }
}

/** The lines first, as everybody locks them. */
async function queueAgain(kysely: Kysely<Tables>, webhookId: string, which: RawBuilder<unknown>): Promise<number> {
  const { rows } = await sql<{ id: string; line: string }>`
    select id, line from webhook_deliveries
    where webhook_id = ${webhookId} and ${which}
    order by created_at limit ${REPLAY_BATCH}`.execute(kysely)
  await wakeLines(
    kysely,
    rows.map(({ line }) => ({ webhookId, line })),
  )
  await sql`
    update webhook_deliveries
    set status = 'pending', attempt = 0, queued_at = now(), settled_at = null
    where id = any(${rows.map(({ id }) => id)})`.execute(kysely)
  return rows.length
}

async function listDeliveries(
  kysely: Kysely<Tables>,
  { id, status }: { id: string; status?: string | undefined },
  { limit, cursor }: Page,
) {
  const { rows } = await sql<DeliveryRow & { created_us: number }>`
    select d.*, ${nextTryAt} as next_at, ${microsecondsOf(sql`d.created_at`)} as created_us
    from (
      select * from webhook_deliveries
      where webhook_id = ${id} and ${status === undefined ? sql`true` : sql`status = ${status}`} and ${before(cursor)}
      order by created_at desc, id desc limit ${limit + 1}
    ) as d
    order by d.created_at desc, d.id desc`.execute(kysely)
  return pageOf(rows, limit, { item: toDelivery, place: (row) => [row.created_us, row.id] })
}

async function findDelivery(kysely: Kysely<Tables>, webhookId: string, id: string) {
  const { rows } = await sql<DeliveryRow>`
    select d.*, ${nextTryAt} as next_at from webhook_deliveries d
    where d.webhook_id = ${webhookId} and d.id = ${id}`.execute(kysely)
  return rows[0] === undefined ? null : toDelivery(rows[0])
}

function before(cursor: string | null): RawBuilder<unknown> {
  if (cursor === null) return sql`true`
  const [createdAt, id] = decodeCursor(cursor, ['number', 'text'])
  return sql`(created_at, id) < (${timeOf(createdAt)}, ${id})`
}

const firstOf = ([row]: WebhookRow[]) => (row === undefined ? null : toWebhook(row))
