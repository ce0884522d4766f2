import type { NoticeMessage } from '@mooring/core'
import { sql } from 'kysely'
import type { Database } from './database.ts'
import { milliseconds } from './due.ts'

/** A message in this process's hands until its lease ends. */
export interface Delivery {
  id: string
  channel: string
  body: Omit<NoticeMessage, 'id'>
  /** Tries so far, this one included: counted at the claim, so that a process that dies counts too. */
  attempt: number
  token: number
}

export interface Deliveries {
  /** Takes what is due for these channels, oldest first. Two processes never hold the same one. */
  claim(options: { channels: readonly string[]; limit: number; leaseMs: number }): Promise<Delivery[]>
  /** These return false when the lease was lost: somebody else has the delivery now, and it may go out twice. */
  succeed(delivery: Delivery): Promise<boolean>
  /** Due again in `delayMs`, or given up with its error kept when null. */
  fail(delivery: Delivery, failure: { detail: string; delayMs: number | null }): Promise<boolean>
}

export function createDeliveries({ kysely }: Database): Deliveries {
  return {
    async claim({ channels, limit, leaseMs }) {
      const { rows } = await sql<Delivery>`
        with due as (
          select id from deliveries
          where next_run_at <= now() and channel = any (${channels})
            and (lease_until is null or lease_until < now())
          order by next_run_at, id
          limit ${limit}
          for update skip locked
        )
        update deliveries d set
          lease_token = lease_token + 1, lease_until = now() + ${milliseconds(leaseMs)},
          attempt = attempt + 1
        from due where d.id = due.id
        returning d.id, d.channel, d.body, d.attempt, d.lease_token as token`.execute(kysely)
      // Ids sort by the time they were made.
      return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    },

    async succeed({ id, token }) {
      const { rows } = await sql`
        update deliveries set delivered_at = now(), next_run_at = null, lease_until = null, last_error = null
        where id = ${id} and lease_token = ${token}
        returning id`.execute(kysely)
      return rows.length > 0
    },

    async fail({ id, token }, { detail, delayMs }) {
      const nextRunAt = delayMs === null ? sql`null` : sql`now() + ${milliseconds(delayMs)}`
      const { rows } = await sql`
        update deliveries set next_run_at = ${nextRunAt}, lease_until = null, last_error = ${detail}
        where id = ${id} and lease_token = ${token}
        returning id`.execute(kysely)
      return rows.length > 0
    },
  }
}
