import { type Clock, DAY, type KeyCustody, type Log, MINUTE, SECOND } from '@mooring/core'
import type { WebhookFanOut, WebhookOutbox } from '@mooring/postgres'
import type { SendWebhook } from '@mooring/providers'
import { createWebhookPostman } from './send-webhooks.ts'
import type { Task } from './task.ts'

/** What webhooks need besides what every scheduler has. */
export interface Webhooks {
  fanOut: WebhookFanOut
  outbox: WebhookOutbox
  send: SendWebhook
  custody: KeyCustody
}

const LOOK_MS = SECOND
const PRUNE_MS = 10 * MINUTE
const KEPT_MS = 30 * DAY

/** Events become messages, messages are sent, and old ones are forgotten: each in a task of its own. */
export function runWebhooks(
  { webhooks, clock, log, signal }: { webhooks: Webhooks; clock: Clock; log: Log; signal: AbortSignal },
  task: (name: string, turn: () => Promise<number>) => Task,
): Pick<Task, 'ended'>[] {
  const { fanOut, outbox } = webhooks
  let sending: Task | null = null
  const wake = () => sending?.wake()
  const postman = createWebhookPostman({ ...webhooks, clock, log, signal, onSettled: wake })
  sending = task('send webhooks', postman.turn)

  let isRepaired = false
  const writing = task('write webhook messages', async () => {
    if (!isRepaired) await fanOut.repair()
    isRepaired = true
    for (let isEnd = false; !isEnd && !signal.aborted; ) {
      const batch = await fanOut.batch()
      if (batch.written > 0) wake()
      isEnd = batch.isEnd
    }
    return LOOK_MS
  })
  const pruning = task('forget old webhook messages', async () => {
    const forgotten = await outbox.prune(KEPT_MS)
    if (forgotten > 0) log.info({ forgotten }, 'old webhook messages forgotten')
    return PRUNE_MS
  })
  return [{ ended: sending.ended.then(postman.settled) }, writing, pruning]
}
