import {
  type BulkOptions,
  type DeadLetterAction,
  type DeadLettersTaken,
  type JobFilter,
  parseHint,
} from '@mooring/core'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { countsOf } from './bulk.ts'
import { jobConditions } from './jobs.ts'
import type { Tables } from './tables.ts'

interface Letter {
  id: number
  excerpt: string
  domain_id?: string
}

/**
 * See `Operations.takeDeadLetters`. A letter that cannot be read is nothing to replay, and stays. A process that dies
 * between this and the new hint loses nothing: a hint is only a hint, and what is due is found.
 */
export async function takeDeadLetters(
  kysely: Kysely<Tables>,
  filter: JobFilter,
  { action, dryRun, most }: BulkOptions & { action: DeadLetterAction },
): Promise<DeadLettersTaken> {
  const letters = await lettersOf(kysely, filter, most + 1)
  if (letters.length > most) return { answer: { kind: 'too_many' }, domainIds: [] }
  const readable = letters.flatMap((letter) => {
    const hint = parseHint(Buffer.from(letter.excerpt))
    return hint.ok ? [{ ...letter, domain_id: hint.value.domainId }] : []
  })
  const chosen: Letter[] = action === 'discard' ? letters : readable
  const taken = dryRun ? chosen : await remove(kysely, chosen)
  const skipped = countsOf({
    MESSAGE_NOT_READABLE: letters.length - chosen.length,
    CHANGED: chosen.length - taken.length,
  })
  const domainIds = dryRun ? [] : taken.flatMap(({ domain_id: id }) => id ?? [])
  return {
    answer: { kind: 'done', matched: letters.length, applied: taken.length, skipped },
    domainIds: [...new Set(domainIds)],
  }
}

async function lettersOf(kysely: Kysely<Tables>, filter: JobFilter, limit: number): Promise<Letter[]> {
  const conditions: RawBuilder<unknown>[] = [sql`true`, ...jobConditions('dead', filter)]
  const { rows } = await sql<Letter>`
    select id, excerpt from (
      select id, excerpt, queue as hostname, null as tenant, null as step, null as lane, null as leased_by,
             jsonb_build_object('code', code) as dead_letter
      from dead_letters
    ) as letters
    where ${sql.join(conditions, sql` and `)}
    order by id
    limit ${limit}`.execute(kysely)
  return rows
}

/** Another may have taken some of them meanwhile. */
async function remove(kysely: Kysely<Tables>, letters: readonly Letter[]): Promise<Letter[]> {
  const { rows } = await sql<{ id: number }>`
    delete from dead_letters where id = any(${letters.map(({ id }) => id)}::bigint[]) returning id`.execute(kysely)
  const removed = new Set(rows.map(({ id }) => id))
  return letters.filter(({ id }) => removed.has(id))
}
