import type { NoticeSender } from '@mooring/core'
import { postToWebhook } from '../webhook-answer.ts'

const DEADLINE_MS = 10_000

/**
 * Sends notices to a Slack-compatible incoming webhook (Slack, Mattermost, Rocket.Chat): POST `{"text": …}`.
 *
 * Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
export function createSlackWebhook({ url, deadlineMs = DEADLINE_MS }: SlackWebhookOptions): NoticeSender {
  return {
    channel: 'slack',
    send: ({ text }) => postToWebhook(url, { body: JSON.stringify({ text: escapeText(text) }), deadlineMs }),
  }
}

export interface SlackWebhookOptions {
  url: string
  /** For the whole exchange. */
  deadlineMs?: number
}

// Slack reads `<…>` as mentions and links; these three characters are all it asks to be escaped.
const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
