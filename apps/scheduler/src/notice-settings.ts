import { MINUTE, type NoticeSender } from '@mooring/core'
import { createNoticeEmail, createNoticeWebhook, createSlackWebhook, createSmtpMailer } from '@mooring/providers'
import { settings } from '@mooring/runtime'
import { z } from 'zod'

const webhookUrl = () => settings.secret(settings.url('https', 'http')).optional()
const webhookSecret = () =>
  settings.secret(z.string().regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'expected whsec_ and base64')).optional()
const mailAddress = () => z.string().regex(/^(?:[^<>\r\n]*<)?[^\s<>@,]+@[^\s<>@,]+>?$/, 'expected an e-mail address')
/** Separated by commas. */
const mailAddresses = () =>
  z
    .string()
    .transform((text) => text.split(',').map((one) => one.trim()))
    .pipe(z.array(z.email('expected e-mail addresses, separated by commas')).min(1))

/** Where notices go and how often, for a configuration's schema. */
export const noticeSettings = {
  /** A Slack-compatible incoming webhook for notices. A secret: whoever has the address may write to the channel. */
  MOORING_SLACK_WEBHOOK_URL: webhookUrl(),
  /**
   * The mail server, `smtp://user:password@host:587` (STARTTLS) or `smtps://…:465`; for notices and for mails to
   * customers.
   */
  MOORING_SMTP_URL: settings.secret(settings.url('smtp', 'smtps')).optional(),
  /** The sender of notices by mail, an address or `Name <address>`. */
  MOORING_NOTICE_EMAIL_FROM: mailAddress().optional(),
  /** Who gets notices by mail; addresses separated by commas. */
  MOORING_NOTICE_EMAIL_TO: mailAddresses().optional(),
  /** Where notices are posted as JSON, signed as Standard Webhooks are. */
  MOORING_NOTICE_WEBHOOK_URL: webhookUrl(),
  /** `whsec_` and base64: what notices by webhook are signed with. Needed beside their URL. */
  MOORING_NOTICE_WEBHOOK_SECRET: webhookSecret(),
  /** A Slack-compatible webhook for escalations. Without any `MOORING_NOTICE_ESCALATION_…` they go where notices go. */
  MOORING_NOTICE_ESCALATION_SLACK_WEBHOOK_URL: webhookUrl(),
  /** Who gets escalations by mail; addresses separated by commas. */
  MOORING_NOTICE_ESCALATION_EMAIL_TO: mailAddresses().optional(),
  /** Where escalations are posted as JSON, signed like notices. */
  MOORING_NOTICE_ESCALATION_WEBHOOK_URL: webhookUrl(),
  /** How long repeats of a trouble are counted before they are told in one message. */
  MOORING_NOTICE_WINDOW_SECONDS: settings.seconds(1).default(10 * MINUTE),
  /** For how long nobody may have a trouble before it counts as over. */
  MOORING_NOTICE_RECOVERY_SECONDS: settings.seconds(1).default(5 * MINUTE),
  /** Messages that each channel gets in any hour, at most. */
  MOORING_NOTICE_PER_HOUR: settings.count(1).default(30),
}

type NoticeConfig = z.output<z.ZodObject<typeof noticeSettings>>

type Complaint = { path: string[]; message: string }

/** What is asked for, and lacks something else. */
export function noticeComplaints(config: NoticeConfig): Complaint[] {
  const mails = [config.MOORING_NOTICE_EMAIL_TO, config.MOORING_NOTICE_ESCALATION_EMAIL_TO]
  const webhooks = [config.MOORING_NOTICE_WEBHOOK_URL, config.MOORING_NOTICE_ESCALATION_WEBHOOK_URL]
  const needs = (name: keyof NoticeConfig, askedBy: readonly unknown[]): Complaint[] =>
    config[name] === undefined && askedBy.some((one) => one !== undefined)
      ? [{ path: [name], message: 'expected beside the other settings of its channel' }]
      : []
  return [
    ...needs('MOORING_SMTP_URL', mails),
    ...needs('MOORING_NOTICE_EMAIL_FROM', mails),
    ...needs('MOORING_NOTICE_WEBHOOK_SECRET', webhooks),
  ]
}

export const noticeRulesOf = (config: NoticeConfig) => ({
  noticeWindowMs: config.MOORING_NOTICE_WINDOW_SECONDS,
  noticeRecoveryMs: config.MOORING_NOTICE_RECOVERY_SECONDS,
  noticesPerHour: config.MOORING_NOTICE_PER_HOUR,
})

/** A sender for each channel that is set up. */
export function noticeSendersOf(config: NoticeConfig): NoticeSender[] {
  const usual = sendersOf(config, {
    slack: config.MOORING_SLACK_WEBHOOK_URL,
    to: config.MOORING_NOTICE_EMAIL_TO,
    webhook: config.MOORING_NOTICE_WEBHOOK_URL,
  })
  const escalations = sendersOf(config, {
    slack: config.MOORING_NOTICE_ESCALATION_SLACK_WEBHOOK_URL,
    to: config.MOORING_NOTICE_ESCALATION_EMAIL_TO,
    webhook: config.MOORING_NOTICE_ESCALATION_WEBHOOK_URL,
  })
  return [
    ...usual,
    ...escalations.map((sender) => ({ ...sender, channel: `escalation-${sender.channel}`, isForEscalations: true })),
  ]
}

function sendersOf(
  config: NoticeConfig,
  { slack, to, webhook }: { slack?: string | undefined; to?: string[] | undefined; webhook?: string | undefined },
): NoticeSender[] {
  const { MOORING_SMTP_URL: smtp, MOORING_NOTICE_EMAIL_FROM: from, MOORING_NOTICE_WEBHOOK_SECRET: secret } = config
  return [
    ...(slack === undefined ? [] : [createSlackWebhook({ url: slack })]),
    ...(to === undefined || smtp === undefined || from === undefined
      ? []
      : [createNoticeEmail({ mailer: createSmtpMailer({ url: smtp, from }), to })]),
    ...(webhook === undefined || secret === undefined ? [] : [createNoticeWebhook({ url: webhook, secret })]),
  ]
}
