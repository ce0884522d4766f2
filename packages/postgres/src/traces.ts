import type { TraceStore } from '@mooring/core'
import { sql } from 'kysely'
import type { Database } from './database.ts'

/**
 * Keeps what a domain's work is a part of beside the domain's row: a hint that carried it might be lost. Asked within the
 * transaction of a change, it is there before anybody can claim the domain.
 */
export function createTraceStore({ kysely }: Pick<Database, 'kysely'>): TraceStore {
  return {
    async join(domainIds, traceparent) {
      // What is not due was not woken: its next step, days from now perhaps, is no part of this.
      await sql`
        insert into domain_traces (domain_id, traceparent)
        select id, ${traceparent} from domains where id = any(${domainIds}) and next_run_at <= now() order by id
        on conflict (domain_id) do update set traceparent = excluded.traceparent`.execute(kysely)
    },
  }
}
