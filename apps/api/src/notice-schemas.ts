import {
  CUSTOMER_TOPICS,
  type Contact,
  REASON_CODES,
  type ReasonCode,
  type Silence,
  type ToldNotice,
  tenantSchema,
} from '@mooring/core'
import { z } from 'zod'

const time = z.string().meta({ format: 'date-time' })

export const toldNoticeSchema = z
  .object({
    id: z.string(),
    at: time,
    kind: z
      .enum(['first', 'digest', 'recovered', 'escalated'])
      .describe('A digest counts the domains that came after the first one; a trouble that lasts is escalated.'),
    code: z.string(),
    group: z.string().describe('What is counted together: the code, with the tenant, the authority or the edge.'),
    tenant: z.string().nullable(),
    count: z.int().describe('Domains that it tells of.'),
    text: z.string(),
    held: z
      .enum(['silenced', 'capped'])
      .nullable()
      .describe('Why it has not gone out: a silence, or a channel that had enough and gets it with its next message.'),
    deliveries: z.array(
      z.object({
        channel: z.string(),
        status: z.enum(['pending', 'sent', 'failed']),
        attempt: z.int(),
        error: z.string().nullable(),
        at: time.nullable(),
      }),
    ),
  })
  .meta({ id: 'Notification' })

export const silenceSchema = z
  .object({
    id: z.string(),
    code: z.string().nullable(),
    tenant: z.string().nullable(),
    until: time,
    why: z.string(),
    created_by: z.string(),
    created_at: time,
  })
  .meta({ id: 'Silence' })

const plainText = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^\P{Cc}*$/u, 'Controls are not allowed.')

export const newSilenceSchema = z
  .strictObject({
    code: z
      .enum(REASON_CODES as [ReasonCode, ...ReasonCode[]])
      .nullable()
      .default(null)
      .describe('Without it, any code.'),
    tenant: tenantSchema.nullable().default(null).describe('Without it, any tenant, and what is about none.'),
    until: z.iso
      .datetime({ offset: true })
      .transform((text) => new Date(text))
      .describe('At most 90 days from now.'),
    why: plainText(500),
  })
  .meta({ id: 'NewSilence' })

export const contactSchema = z
  .object({
    tenant: z.string(),
    domain_id: z.string().nullable().describe('Null: for all domains of the tenant without a contact of their own.'),
    email: z.string(),
    locale: z.string(),
    unsubscribed: z.array(z.enum(CUSTOMER_TOPICS)).describe('What the customer wants no mails about.'),
    created_at: time,
  })
  .meta({ id: 'Contact' })

export const newContactSchema = z
  .strictObject({
    email: z.email().max(254),
    locale: z
      .string()
      .regex(/^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?$/, 'A language tag such as de or pt-BR.')
      .default('en'),
  })
  .meta({ id: 'NewContact' })

export const noticeResource = (notice: ToldNotice): z.output<typeof toldNoticeSchema> => ({
  ...notice,
  at: notice.at.toISOString(),
  deliveries: notice.deliveries.map((one) => ({ ...one, at: one.at?.toISOString() ?? null })),
})

export const silenceResource = (silence: Silence): z.output<typeof silenceSchema> => ({
  id: silence.id,
  code: silence.code,
  tenant: silence.tenant,
  until: silence.until.toISOString(),
  why: silence.why,
  created_by: silence.createdBy,
  created_at: silence.createdAt.toISOString(),
})

export const contactResource = (contact: Contact): z.output<typeof contactSchema> => ({
  tenant: contact.tenant,
  domain_id: contact.domainId,
  email: contact.email,
  locale: contact.locale,
  unsubscribed: contact.unsubscribed,
  created_at: contact.createdAt.toISOString(),
})
