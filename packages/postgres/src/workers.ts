import { sql } from 'kysely'
import type { Database } from './database.ts'
import { milliseconds } from './due.ts'

/** How often a worker says that it is there. */
export const WORKER_HEARTBEAT_MS = 10_000
/** A worker not heard of for this long is not counted on. */
export const WORKER_LIVE_MS = 30_000

/** A worker process, as it last announced itself. Nothing depends on it but what ops see and how deep queues may get. */
export interface Worker {
  name: string
  slots: number
  startedAt: Date
  seenAt: Date
  live: boolean
}

export interface Workers {
  heartbeat(worker: { name: string; slots: number }): Promise<void>
  /** The process stops: its slots are gone at once. */
  leave(name: string): Promise<void>
  list(): Promise<Worker[]>
  /** Slots of all live workers together. */
  liveSlots(): Promise<number>
}

export function createWorkers({ kysely }: Database): Workers {
  const isLive = sql<boolean>`seen_at > now() - ${milliseconds(WORKER_LIVE_MS)}`
  return {
    async heartbeat({ name, slots }) {
      await sql`
        insert into workers (name, slots) values (${name}, ${slots})
        on conflict (name) do update set slots = excluded.slots, seen_at = now()`.execute(kysely)
    },

    async leave(name) {
      await sql`delete from workers where name = ${name}`.execute(kysely)
    },

    async list() {
      const { rows } = await sql<Worker>`
        select name, slots, started_at as "startedAt", seen_at as "seenAt", ${isLive} as live
        from workers order by name`.execute(kysely)
      return rows
    },

    async liveSlots() {
      const { rows } = await sql<{ slots: number }>`
        select coalesce(sum(slots), 0)::int as slots from workers where ${isLive}`.execute(kysely)
      return rows[0]?.slots ?? 0
    },
  }
}
