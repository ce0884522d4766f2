import { type Log, type NoticeSender, type SendAnswer, deliveryRetryDelay } from '@mooring/core'
import type { Deliveries, Delivery } from '@mooring/postgres'

/** For retries and for what another process left; new deliveries wake the task. */
const POLL_MS = 5_000
/** Far longer than any sender's deadline: a message whose sender died goes out a minute late. */
const LEASE_MS = 60_000

export interface Sending {
  deliveries: Deliveries
  sender: NoticeSender
  log: Log
  signal: AbortSignal
}

/**
 * Makes one turn of sending for one channel: everything due goes out, one after the other, so that messages keep their
 * order. Each channel has a postman of its own: one that is slow or away holds up no other.
 */
export function createPostman({ deliveries, sender, log, signal }: Sending): () => Promise<number> {
  return async function send() {
    while (!signal.aborted) {
      const [delivery] = await deliveries.claim({ channels: [sender.channel], limit: 1, leaseMs: LEASE_MS })
      if (delivery === undefined) break
      await settle(delivery, await sender.send({ ...delivery.body, id: delivery.id }))
    }
    return POLL_MS
  }

  async function settle(delivery: Delivery, answer: SendAnswer): Promise<void> {
    if (answer.kind === 'sent') {
      await deliveries.succeed(delivery)
      return
    }
    const { id: deliveryId, channel, attempt } = delivery
    const floorMs = answer.kind === 'retry' ? answer.retryAfterMs : null
    const delayMs = answer.kind === 'retry' ? deliveryRetryDelay(attempt, floorMs, Math.random) : null
    await deliveries.fail(delivery, { detail: answer.detail, delayMs })
    const facts = { deliveryId, channel, attempt, detail: answer.detail }
    if (delayMs === null) log.error(facts, 'delivery given up')
    else log.info({ ...facts, delayMs }, 'delivery put off')
  }
}
