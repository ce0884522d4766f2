import { randomBytes } from 'node:crypto'
import type { AuditedChange, AuditLog, AuditNote } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import { subjectNow } from './audit-subjects.ts'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

/** A row of a subject's table, as the audit shows it. */
interface Seen {
  facts: Record<string, unknown>
  personal: Record<string, unknown> | null
}

/**
 * Rows are written as `mooring_app`, in the transaction at hand, whoever acts in it otherwise. The subject is read before
 * and after without a lock: others are taken in an order (a hostname before its claims) that this must not break. So
 * `before` may be a worker's step old.
 */
export function createAuditLog({ kysely, atomically }: Pick<Database, 'kysely' | 'atomically'>): AuditLog {
  return {
    recorded(change, work, note = () => [{}]) {
      return atomically(async () => {
        const before = await see(kysely, change.subject)
        const result = await work()
        for (const told of note(result)) await insert(kysely, change, { ...told, seen: before, outcome: 'done' })
        return result
      })
    },
    async write(change, told) {
      await insert(kysely, change, { ...told, seen: null })
    },
  }
}

async function see(kysely: Kysely<Tables>, subject: string | null): Promise<Seen | null> {
  if (subject === null) return null
  const { rows } = await sql<{ seen: Seen | null }>`select ${subjectNow(subject)} as seen`.execute(kysely)
  return rows[0]?.seen ?? null
}

/** In one statement: the subject as it is now is read by the same one that writes the row. */
async function insert(
  kysely: Kysely<Tables>,
  { actor, action, subject: known, why, address, userAgent, requestId }: AuditedChange,
  { outcome, seen, ...note }: AuditNote & { outcome: string; seen: Seen | null },
): Promise<void> {
  const subject = note.subject ?? known
  const now = outcome === 'refused' ? sql`null::jsonb` : subjectNow(subject)
  const personal = {
    salt: randomBytes(16).toString('hex'),
    name: actor.name,
    address,
    user_agent: userAgent,
    why,
    before: seen?.personal ?? null,
  }
  const before = note.before ?? seen?.facts ?? null
  await sql`
    with now as (
      select ${now} as seen
    ), written as (
      insert into audit (
        tenant, actor_kind, actor_id, actor_tenant, action, outcome, subject, before, after, request_id
      )
      select
        coalesce(${note.tenant ?? null}::text, seen -> 'facts' ->> 'tenant', ${textOf(seen?.facts['tenant'])}::text,
                 ${actor.tenant}::text, ''),
        ${actor.kind}, ${actor.id}, ${actor.tenant}, ${action}, ${outcome}, ${subject}, ${jsonOf(before)}::jsonb,
        coalesce(${jsonOf(note.after ?? null)}::jsonb, seen -> 'facts'), ${requestId}
      from now
      returning id
    )
    insert into audit_personal (audit_id, fields)
    select written.id, ${JSON.stringify(personal)}::jsonb || jsonb_build_object('after', nullif(seen -> 'personal', 'null'))
    from written, now`.execute(kysely)
}

const jsonOf = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
