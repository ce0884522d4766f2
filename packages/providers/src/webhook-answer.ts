import type { SendAnswer } from '@mooring/core'
import { request } from 'undici'
import { retryAfterMs } from './retry-after.ts'

// The status is the answer; the rest is read to free the connection, and no more than a little of it.
const READ_BYTES = 16_384

/**
 * Posts JSON to an operator's webhook, whose address is a secret: whoever has it may write to the channel, so it never
 * appears in an answer. Redirects are refused, because they would hand the message to somewhere else.
 */
export async function postToWebhook(
  url: string,
  { body, headers = {}, deadlineMs }: { body: string; headers?: Record<string, string>; deadlineMs: number },
): Promise<SendAnswer> {
  try {
    const answer = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal: AbortSignal.timeout(deadlineMs),
    })
    await answer.body.dump({ limit: READ_BYTES })
    return answerTo(answer.statusCode, answer.headers['retry-after'])
  } catch (error) {
    return { kind: 'retry', detail: `No answer from the webhook (${nameOf(error)}).`, retryAfterMs: null }
  }
}

function answerTo(status: number, retryAfter: string | string[] | undefined): SendAnswer {
  if (status >= 200 && status < 300) return { kind: 'sent' }
  const detail = `The webhook answered ${status}.`
  if (status === 429 || status >= 500) return { kind: 'retry', detail, retryAfterMs: retryAfterMs(retryAfter) }
  return { kind: 'refused', detail }
}

// Codes only: messages of the network's errors may quote the address.
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
