import { DAY, MINUTE, type NoticeSender } from '@mooring/core'
import type { CustomerMails } from '@mooring/postgres'
import { createSmtpMailer, openCustomerTemplates } from '@mooring/providers'
import { edgeIdentityOf, settings } from '@mooring/runtime'
import { z } from 'zod'
import type { CustomerWriter } from './write-customer-mails.ts'
import { createCustomerSender, createCustomerWriter } from './write-customer-mails.ts'

/** Mails to customers, for a configuration's schema. They are off unless there is an address that they come from. */
export const customerMailSettings = {
  /**
   * The sender of mails to customers, an address or `Name <address>`. Without it there are none; with it
   * `MOORING_SMTP_URL`, `MOORING_PUBLIC_URL` and `MOORING_EDGE_HOSTNAME` are needed.
   */
  MOORING_CUSTOMER_EMAIL_FROM: z
    .string()
    .regex(/^(?:[^<>\r\n]*<)?[^\s<>@,]+@[^\s<>@,]+>?$/, 'expected an e-mail address')
    .optional(),
  /** Each contact gets one mail per topic in this time. */
  MOORING_CUSTOMER_EMAIL_WINDOW_SECONDS: settings.seconds(1).default(DAY),
  /** How long more of the same is waited for before a mail to a customer goes out. */
  MOORING_CUSTOMER_EMAIL_GATHER_SECONDS: settings.seconds().default(5 * MINUTE),
  /**
   * A folder of Handlebars templates that replace ours by name (`rotation.hbs`) or add a language (`rotation.de.hbs`).
   */
  MOORING_EMAIL_TEMPLATES_DIR: settings.text().optional(),
}

/** What the rest of the configuration has to say; names of settings that other parts of it may have, too. */
interface Needed {
  MOORING_SMTP_URL?: string | undefined
  MOORING_PUBLIC_URL?: string | undefined
  MOORING_EDGE_HOSTNAME?: string | undefined
  MOORING_EDGE_ADDRESSES?: string[] | undefined
  MOORING_ACME_CHALLENGE_ZONE?: string | undefined
}

type CustomerMailConfig = z.output<z.ZodObject<typeof customerMailSettings>> & Needed

const NEEDED = ['MOORING_SMTP_URL', 'MOORING_PUBLIC_URL', 'MOORING_EDGE_HOSTNAME'] as const

export const customerMailComplaints = (config: CustomerMailConfig): { path: string[]; message: string }[] =>
  config.MOORING_CUSTOMER_EMAIL_FROM === undefined
    ? []
    : NEEDED.filter((name) => config[name] === undefined).map((name) => ({
        path: [name],
        message: 'expected beside MOORING_CUSTOMER_EMAIL_FROM',
      }))

/** What writes the mails and what sends them; null while they are off. Throws when a template does not compile. */
export function openCustomerMails(
  config: CustomerMailConfig,
  mails: CustomerMails,
): { writer: CustomerWriter; sender: NoticeSender } | null {
  const { MOORING_CUSTOMER_EMAIL_FROM: from, MOORING_SMTP_URL: smtp, MOORING_EDGE_HOSTNAME: hostname } = config
  if (from === undefined || smtp === undefined || hostname === undefined) return null
  const templates = openCustomerTemplates(config.MOORING_EMAIL_TEMPLATES_DIR ?? null)
  const edge = edgeIdentityOf({
    MOORING_EDGE_HOSTNAME: hostname,
    MOORING_EDGE_ADDRESSES: config.MOORING_EDGE_ADDRESSES ?? [],
    MOORING_ACME_CHALLENGE_ZONE: config.MOORING_ACME_CHALLENGE_ZONE,
  })
  return {
    writer: createCustomerWriter({
      mails,
      templates,
      edge,
      publicUrl: config.MOORING_PUBLIC_URL ?? null,
      gatherMs: config.MOORING_CUSTOMER_EMAIL_GATHER_SECONDS,
      windowMs: config.MOORING_CUSTOMER_EMAIL_WINDOW_SECONDS,
    }),
    sender: createCustomerSender(createSmtpMailer({ url: smtp, from }), mails),
  }
}
