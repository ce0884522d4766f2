import { encodeHint, type Hint } from '@mooring/core'
import type { ConfirmChannel, Message } from 'amqplib'
import { within } from '../pause.ts'
import type { Topology } from './topology.ts'

/** Confirms that one batch waits for at a time: ten times the throughput of one by one, and a bound on what is held. */
const MAX_OUTSTANDING = 256

export interface Publisher {
  /** Publishes on this channel from now on. */
  attach(channel: ConfirmChannel): void
  /** The channel died, or the broker takes nothing: what awaits a confirm will not get one, what comes is refused. */
  detach(): void
  publish(hints: Hint[], options: { deadlineMs: number }): Promise<{ confirmed: number; unconfirmed: number }>
}

/**
 * Publishes with confirms. A confirm that did not come means "unknown", never "lost": the message may well be in its
 * queue. Unknown, refused (`reject-publish`) and returned (`mandatory`, no queue bound) all count as unconfirmed.
 */
export function createPublisher(topology: Topology, { onReturned }: { onReturned: () => void }): Publisher {
  let current: ConfirmChannel | null = null
  let lastId = 0
  /** By message id: what to call with the broker's word. */
  const outstanding = new Map<string, (confirmed: boolean) => void>()

  function settle(id: string, confirmed: boolean): void {
    outstanding.get(id)?.(confirmed)
    outstanding.delete(id)
  }

  // The broker returns a message before it confirms it, so this word is the one that counts.
  function takeBack({ properties }: Message): void {
    settle(String(properties.messageId), false)
    onReturned()
  }

  function send(hint: Hint): Promise<boolean> {
    if (current === null) return Promise.resolve(false)
    const messageId = String(++lastId)
    const { promise, resolve } = Promise.withResolvers<boolean>()
    outstanding.set(messageId, resolve)
    const options = { messageId, mandatory: true, persistent: true, contentType: 'application/json' }
    try {
      current.publish(topology.exchange, hint.lane, encodeHint(hint), options, (error: unknown) =>
        settle(messageId, error === null),
      )
    } catch {
      // The channel died, and `detach` is on its way.
      settle(messageId, false)
    }
    return promise
  }

  return {
    attach(channel) {
      current = channel
      channel.off('return', takeBack)
      channel.on('return', takeBack)
    },

    detach() {
      current = null
      for (const id of outstanding.keys()) settle(id, false)
    },

    async publish(hints, { deadlineMs }) {
      let confirmed = 0
      let late = false
      const remaining = hints.values()
      const senders = Array.from({ length: Math.min(MAX_OUTSTANDING, hints.length) }, async () => {
        for (const hint of remaining) {
          if (late) return
          if (await send(hint)) confirmed += 1
        }
      })
      late = !(await within(deadlineMs, Promise.all(senders)))
      return { confirmed, unconfirmed: hints.length - confirmed }
    },
  }
}
