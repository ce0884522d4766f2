import type { NoticeSender } from '@mooring/core'
import { Webhook } from 'standardwebhooks'
import { postToWebhook } from '../webhook-answer.ts'

const DEADLINE_MS = 10_000

export interface NoticeWebhookOptions {
  url: string
  /** `whsec_` and base64. */
  secret: string
  /** For the whole exchange. */
  deadlineMs?: number
}

/**
 * Sends notices to a program of the operator's, signed by Standard Webhooks: `{type: 'notice', timestamp, data}`. The id
 * is the same at each try.
 *
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function createNoticeWebhook({ url, secret, deadlineMs = DEADLINE_MS }: NoticeWebhookOptions): NoticeSender {
  const webhook = new Webhook(secret)
  return {
    channel: 'webhook',
    send({ id, text, isUrgent = false, notices = [] }) {
      const sentAt = new Date()
      const data = { text, urgent: isUrgent, notices }
      const body = JSON.stringify({ type: 'notice', timestamp: sentAt.toISOString(), data })
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
        'webhook-signature': webhook.sign(id, sentAt, body),
      }
      return postToWebhook(url, { body, headers, deadlineMs })
    },
  }
}
