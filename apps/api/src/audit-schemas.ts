import type { AuditEntry } from '@mooring/core'
import { z } from 'zod'
import { pageFields } from './schemas.ts'

const time = z.string().meta({ format: 'date-time' })
const named = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^\P{Cc}*$/u, 'Controls are not allowed.')
    .optional()

export const auditQuery = z.strictObject({
  tenant: named(128).describe('Whose chain; the empty one is the platform’s own.'),
  actor: named(255).describe('The id of a key or a user.'),
  action: named(100),
  subject: named(255).describe('The id of what was changed.'),
  ...pageFields,
})

export const auditEntrySchema = z
  .object({
    id: z.string(),
    at: time,
    tenant: z.string(),
    seq: z.int().nullable().describe('Its number in the chain of its tenant; null until it is sealed, a second or so.'),
    actor: z.object({
      kind: z.enum(['key', 'user', 'unknown']),
      id: z.string(),
      name: z.string().nullable().describe('Null once it was erased; to a tenant, also of the platform’s own people.'),
    }),
    action: z.string().describe('Such as `domains.suspend`.'),
    outcome: z.enum(['done', 'refused']),
    subject: z.string().nullable(),
    before: z.unknown().describe('Null of what was made, and of what has no state to show.'),
    after: z.unknown(),
    why: z.string().nullable().describe('What the caller gave as `X-Reason`.'),
    request_id: z.string().nullable(),
    hash: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry' })

export const chainVerdictSchema = z
  .object({
    tenant: z.string(),
    entries: z.int(),
    ok: z.boolean(),
    broken_at: z.int().nullable().describe('The first number that is not as it was written.'),
  })
  .meta({ id: 'AuditVerdict' })

export const auditExport = {
  description:
    'A line of JSON `{"chain": {"tenant", "after", "head"}}` for each chain, and its rows after it, as they are hashed.',
  content: { 'application/x-ndjson': { schema: z.string() } },
}

/** `reader` is the tenant of whoever reads; null for the platform's own. */
export function auditEntryResource(
  { personal, actor, ...entry }: AuditEntry,
  reader: string | null,
): z.output<typeof auditEntrySchema> {
  const who = isShownTo(reader, actor.tenant) ? personal : null
  return {
    id: entry.id,
    at: entry.at,
    tenant: entry.tenant,
    seq: entry.seq,
    actor: { kind: actor.kind as 'key' | 'user' | 'unknown', id: actor.id, name: who?.name ?? null },
    action: entry.action,
    outcome: entry.outcome as 'done' | 'refused',
    subject: entry.subject,
    before: whole(entry.before, personal?.before),
    after: whole(entry.after, personal?.after),
    why: who?.why ?? null,
    request_id: entry.request_id,
    hash: entry.hash,
  }
}

/** A tenant sees what was done to what is its own, and not who of the platform it was. */
export const isShownTo = (reader: string | null, actorTenant: string | null): boolean =>
  reader === null || reader === actorTenant

/** The facts of the chain with what people typed, until that is erased. */
function whole(facts: unknown, personal: unknown): unknown {
  return typeof facts === 'object' && facts !== null ? { ...facts, ...(personal as object | null | undefined) } : facts
}
