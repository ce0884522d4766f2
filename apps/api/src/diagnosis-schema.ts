import { CHECK_IDS, type Diagnosis } from '@mooring/core'
import { z } from 'zod'
import { type InSnakeCase, inSnakeCase } from './in-snake-case.ts'
import { dnsRecordSchema, reasonSchema } from './schemas.ts'

const checkSchema = z
  .object({
    id: z.enum(CHECK_IDS),
    status: z
      .enum(['ok', 'problem', 'unknown', 'skipped'])
      .describe('`unknown`: nothing could be found out. `skipped`: there was nothing to compare with.'),
    reason: reasonSchema.nullable().describe('Who must act and how, or why nothing is known.'),
    detail: z.string().describe('What was found, in a few words.'),
  })
  .meta({ id: 'Check' })

const zoneFactsSchema = z
  .object({
    name: z.string(),
    name_servers: z.array(z.string()),
    serial: z.int().nullable(),
    negative_ttl_seconds: z
      .int()
      .nullable()
      .describe('For how long resolvers remember that a name is not there (RFC 2308).'),
    dnssec: z.enum(['signed', 'unsigned', 'bogus', 'unknown']),
  })
  .meta({ id: 'ZoneFacts' })

const dnsHostSchema = z
  .object({
    name: z.string(),
    url: z.string().describe('Where its customers sign in.'),
    path: z.string().describe('What to click there, in order.'),
    host_field: z
      .enum(['relative', 'full'])
      .describe('What its field for the host takes: the part before the zone, or the whole name.'),
  })
  .meta({ id: 'DnsHost' })

const nextStepSchema = z
  .object({
    text: z.string(),
    fields: z
      .array(z.object({ label: z.enum(['Type', 'Host', 'Value']), value: z.string() }))
      .describe('What to type, field by field; empty when the text says it all.'),
  })
  .meta({ id: 'NextStep' })

// What core's type has and this schema has not, or the other way round, does not compile.
export const diagnosisSchema = z
  .object({
    hostname: z.string(),
    checked_at: z.string().meta({ format: 'date-time' }),
    ok: z.boolean().describe('Everything that could be asked is well, and nothing that matters could not be.'),
    reason: reasonSchema.nullable().describe('The first thing to act on.'),
    zone: zoneFactsSchema.nullable().describe('The zone that the name lies in; null when it cannot be found.'),
    dns_host: dnsHostSchema.nullable().describe('Who hosts the zone, where its name servers tell.'),
    checks: z.array(checkSchema).describe('In the order in which it is best mended.'),
    records: z
      .array(dnsRecordSchema.omit({ checked_at: true, accepted_until: true }))
      .describe('What is required beside what was found just now.'),
    next_steps: z.array(nextStepSchema).describe('What a layman does, one after the other; empty when all is well.'),
  })
  .meta({ id: 'Diagnosis' }) satisfies z.ZodType<InSnakeCase<Diagnosis>>

export const diagnosisResource = (diagnosis: Diagnosis): z.output<typeof diagnosisSchema> => inSnakeCase(diagnosis)
