import { CLASSES } from '@mooring/core'
import { z } from 'zod'

const minute = z.object({
  minute: z.string().describe('When the minute began.'),
  requests: z.number().int(),
  bytes: z.number().int().describe('Sent to visitors, headers included.'),
  status: z.object(Object.fromEntries(CLASSES.map((name) => [name, z.number().int()]))).describe('Requests by class.'),
  p95_ms: z.number().int().nullable().describe('Estimated; null for a minute of websockets only.'),
})

export const trafficSchema = z
  .object({ data: z.array(minute).describe('Minutes with traffic, oldest first. A report takes about a minute.') })
  .meta({ id: 'Traffic' })
