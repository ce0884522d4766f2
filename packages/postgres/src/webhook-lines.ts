import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

export interface Line {
  webhookId: string
  line: string
}

/**
 * Holds these lines until the commit, for whoever adds to them: new ones are due, and others stay as they are. All in one
 * order, so that two who add cannot wait for each other.
 */
export async function holdLines(kysely: Kysely<Tables>, lines: readonly Line[]): Promise<void> {
  await upsert(kysely, lines, sql`webhook_lines.next_run_at`)
}

/** The same, and they are due at once: their first message may be another one by now. */
export async function wakeLines(kysely: Kysely<Tables>, lines: readonly Line[]): Promise<void> {
  await upsert(kysely, lines, sql`now()`)
}

async function upsert(kysely: Kysely<Tables>, lines: readonly Line[], due: ReturnType<typeof sql>): Promise<void> {
  if (lines.length === 0) return
  await sql`
    insert into webhook_lines (webhook_id, line)
    select distinct "webhookId", line
    from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) as given ("webhookId" text, line text)
    order by 1, 2
    on conflict (webhook_id, line) do update set next_run_at = ${due}`.execute(kysely)
}
