import { ERRORS, type ErrorCode, type Registration, type registrationSchema } from '@mooring/core'
import { z } from 'zod'
import { fieldErrors } from './field-errors.ts'

export const verdictSchema = z
  .object({
    line: z.int().describe('From 1.'),
    status: z.int().describe('As the status of `POST /v1/domains` would be.'),
    id: z.string().nullable().describe('Of the domain, or of the one in its way.'),
    hostname: z.string().nullable(),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]).nullable(),
    errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })).exactOptional(),
  })
  .meta({ id: 'ImportVerdict' })

export type Verdict = z.output<typeof verdictSchema>

type Judged = { ok: true; value: Registration } | { ok: false; verdict: Omit<Verdict, 'line' | 'id'> }

const MAX_HOSTNAME = 253

/** By the schema of a single registration. A tenant's key speaks for its tenant, and nobody waits for an import. */
export function judgeRow(
  row: unknown,
  { registration, tenant }: { registration: ReturnType<typeof registrationSchema>; tenant: string | null },
): Judged {
  const parsed = registration.safeParse(isFields(row) ? withDefaults(row, tenant) : row)
  if (!parsed.success) {
    const verdict = {
      status: 422,
      hostname: hostnameIn(row),
      code: 'INVALID',
      errors: fieldErrors(parsed.error),
    } as const
    return { ok: false, verdict }
  }
  if (tenant !== null && parsed.data.tenant !== tenant) {
    return { ok: false, verdict: { status: 403, hostname: parsed.data.hostname, code: 'FORBIDDEN' } }
  }
  return { ok: true, value: parsed.data }
}

const isFields = (row: unknown): row is Record<string, unknown> =>
  typeof row === 'object' && row !== null && !Array.isArray(row)

const withDefaults = (row: Record<string, unknown>, tenant: string | null): Record<string, unknown> => ({
  priority: 'normal',
  ...(tenant === null ? {} : { tenant }),
  ...row,
})

function hostnameIn(row: unknown): string | null {
  if (!isFields(row) || typeof row['hostname'] !== 'string') return null
  return row['hostname'].slice(0, MAX_HOSTNAME)
}
