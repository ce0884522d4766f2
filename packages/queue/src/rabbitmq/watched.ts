import type { Channel } from 'amqplib'

/** Reports the end of a channel, for whatever reason, to `fail`. */
export function watched<Kind extends Channel>(channel: Kind, fail: (reason: Error) => void): Kind {
  channel.on('error', fail)
  // Channels end before their connection says why: it gets the first word.
  channel.on('close', () => setImmediate(fail, new Error('A channel was closed.')))
  return channel
}
