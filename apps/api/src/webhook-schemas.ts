import { EVENT_TYPE_NAMES, EVENT_TYPES, tenantSchema, type Webhook, type WebhookDelivery } from '@mooring/core'
import { z } from 'zod'
import { inSnakeCase } from './in-snake-case.ts'
import { pageFields } from './schemas.ts'

const time = z.string().meta({ format: 'date-time' })
const url = z.string().describe('An https:// address.')
const description = z
  .string()
  .max(200)
  .regex(/^\P{Cc}*$/u, 'Controls are not allowed.')
const types = z
  .array(z.enum(EVENT_TYPE_NAMES as [string, ...string[]]))
  .min(1)
  .nullable()
  .describe(
    `Null for all.\n\n${Object.entries(EVENT_TYPES)
      .map(([type, means]) => `- \`${type}\`: ${means}`)
      .join('\n')}`,
  )

export const webhookSchema = z
  .object({
    id: z.string(),
    url,
    tenant: z.string().nullable().describe('Whose domains it hears of; null hears of all.'),
    types,
    description,
    enabled: z.boolean(),
    disabled_at: time.nullable(),
    disabled_because: z
      .enum(['gone', 'operator'])
      .nullable()
      .describe('`gone`: it answered 410. What happens meanwhile waits for it, for 30 days.'),
    previous_secret_until: time.nullable().describe('Until then the secret before signs as well.'),
    created_at: time,
    created_by: z.string(),
    updated_at: time,
  })
  .meta({ id: 'Webhook' })

const secret = z.string().describe('For the signature of Standard Webhooks. Shown this once.')

export const madeWebhookSchema = webhookSchema.extend({ secret }).meta({ id: 'MadeWebhook' })

export const newWebhookSchema = z
  .strictObject({
    url,
    tenant: tenantSchema.nullable().optional(),
    types: types.optional(),
    description: description.optional(),
  })
  .meta({ id: 'NewWebhook' })

export const webhookChangeSchema = z
  .strictObject({
    url: url.optional(),
    types: types.optional(),
    description: description.optional(),
    enabled: z.boolean().optional(),
  })
  .meta({ id: 'WebhookChange' })

export const deliverySchema = z
  .object({
    id: z.string().describe('The `webhook-id` of every try.'),
    webhook_id: z.string(),
    domain_id: z.string().nullable().describe('Null for a test.'),
    type: z.string(),
    status: z.enum(['pending', 'delivered', 'failed']),
    attempt: z.int().describe('Tries since it was queued.'),
    next_at: time
      .nullable()
      .describe('Null while a message of the same domain has to go first, and when it is settled.'),
    request: z.object({
      headers: z.record(z.string(), z.string()).nullable().describe('Of the last try.'),
      body: z.record(z.string(), z.unknown()),
    }),
    tries: z.array(
      z.object({
        at: time,
        ms: z.int(),
        status: z.int().nullable(),
        error: z.string().nullable(),
        excerpt: z.string().nullable().describe('The beginning of the answer.'),
      }),
    ),
    created_at: time,
    settled_at: time.nullable(),
  })
  .meta({ id: 'WebhookDelivery' })

export const webhookParams = z.strictObject({ id: z.string().max(100) })
export const deliveryParams = z.strictObject({ id: z.string().max(100), msg: z.string().max(100) })

export const deliveryQuery = z.strictObject({
  ...pageFields,
  status: z.enum(['pending', 'delivered', 'failed']).optional(),
})

export const replaySchema = z
  .strictObject({ since: z.iso.datetime({ offset: true }).transform((text) => new Date(text)) })
  .meta({ id: 'Replay' })

export const replayedSchema = z.object({ replayed: z.int() }).meta({ id: 'Replayed' })

export function webhookResource({ previousUntil, ...webhook }: Webhook): z.output<typeof webhookSchema> {
  return {
    ...inSnakeCase(webhook),
    enabled: webhook.disabledAt === null,
    previous_secret_until: previousUntil?.toISOString() ?? null,
  }
}

export function deliveryResource({
  body,
  requestHeaders,
  ...delivery
}: WebhookDelivery): z.output<typeof deliverySchema> {
  return {
    id: delivery.id,
    webhook_id: delivery.webhookId,
    domain_id: delivery.domainId,
    type: delivery.type,
    status: delivery.status,
    attempt: delivery.attempt,
    next_at: delivery.nextAt?.toISOString() ?? null,
    request: { headers: requestHeaders, body },
    tries: delivery.tries,
    created_at: delivery.createdAt.toISOString(),
    settled_at: delivery.settledAt?.toISOString() ?? null,
  }
}
