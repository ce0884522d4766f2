import type { NoticeSender, SendAnswer } from '@mooring/core'
import { request } from 'undici'
import { retryAfterMs } from '../retry-after.ts'

const DEADLINE_MS = 10_000

/**
 * Sends notices to a Slack-compatible incoming webhook (Slack, Mattermost, Rocket.Chat): POST `{"text": …}`.
 *
 * The address is a secret: whoever has it may write to the channel, so it never appears in an answer. Redirects are
 * refused, because they would hand the message to somewhere else.
 *
 * Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
export function createSlackWebhook({ url, deadlineMs = DEADLINE_MS }: SlackWebhookOptions): NoticeSender {
  return {
    channel: 'slack',
    async send({ text }) {
      try {
        const { statusCode, headers, body } = await request(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ text: escapeText(text) }),
          signal: AbortSignal.timeout(deadlineMs),
        })
        // The status is the answer; the rest is read to free the connection, and no more than a little of it.
        await body.dump({ limit: 16_384 })
        return answerTo(statusCode, headers['retry-after'])
      } catch (error) {
        return { kind: 'retry', detail: `No answer from the webhook (${nameOf(error)}).`, retryAfterMs: null }
      }
    },
  }
}

export interface SlackWebhookOptions {
  url: string
  /** For the whole exchange. */
  deadlineMs?: number
}

function answerTo(status: number, retryAfter: string | string[] | undefined): SendAnswer {
  if (status >= 200 && status < 300) return { kind: 'sent' }
  const detail = `The webhook answered ${status}.`
  if (status === 429 || status >= 500) return { kind: 'retry', detail, retryAfterMs: retryAfterMs(retryAfter) }
  return { kind: 'refused', detail }
}

// Slack reads `<…>` as mentions and links; these three characters are all it asks to be escaped.
const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

// Codes only: messages of the network's errors may quote the address.
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
