import type { WorkerInHand } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'
import { milliseconds } from './due.ts'
import type { Tables } from './tables.ts'

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
  /** Says that the worker is there, and learns whether it is to take nothing new. */
  heartbeat(worker: { name: string; slots: number }): Promise<{ draining: boolean }>
  /** The process stops: its slots are gone at once. */
  leave(name: string): Promise<void>
  list(): Promise<Worker[]>
  /** Slots of all live workers that take hints, together. */
  liveSlots(): Promise<number>
}

const isLive = sql<boolean>`seen_at > now() - ${milliseconds(WORKER_LIVE_MS)}`

export function createWorkers({ kysely }: Database): Workers {
  return {
    async heartbeat({ name, slots }) {
      const { rows } = await sql<{ draining: boolean }>`
        insert into workers (name, slots) values (${name}, ${slots})
        on conflict (name) do update set slots = excluded.slots, seen_at = now()
        returning draining`.execute(kysely)
      return { draining: rows[0]?.draining === true }
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
        select coalesce(sum(slots), 0)::int as slots from workers where ${isLive} and not draining`.execute(kysely)
      return rows[0]?.slots ?? 0
    },
  }
}

/** See `Operations.workers`. */
export async function workersInHand(kysely: Kysely<Tables>): Promise<WorkerInHand[]> {
  const { rows } = await sql<Omit<WorkerInHand, 'jobs'>>`
    select name, slots, ${isLive} as live, draining, started_at as "startedAt", seen_at as "seenAt"
    from workers order by name`.execute(kysely)
  const { rows: jobs } = await sql<WorkerInHand['jobs'][number] & { worker: string }>`
    select leased_by as worker, d.id as "domainId", hostname, a.step, a.started_at as since
    from domains d join attempts a on a.domain_id = d.id and a.outcome = 'running'
    where d.lease_until is not null and d.lease_until > now()
    order by a.started_at, d.id`.execute(kysely)
  const held = Map.groupBy(jobs, ({ worker }) => worker)
  return rows.map((row) => ({
    ...row,
    jobs: (held.get(row.name) ?? []).map(({ worker: _worker, ...job }) => job),
  }))
}
