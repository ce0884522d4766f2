import { type Channel, type ChannelModel, type ConsumeMessage, IllegalOperationError } from 'amqplib'
import { watched } from './watched.ts'

/** A message in hand. It is answered once, and only ever on the channel that brought it. */
export interface Delivery {
  message: ConsumeMessage
  ack(): void
  /** Back into its queue; too often, and the broker makes it a dead letter. */
  giveBack(): void
  /** To the dead letters at once. */
  refuse(): void
}

export interface Subscription {
  channel: Channel
  /** Takes no more. What is in hand can still be answered. */
  cancel(): Promise<void>
}

export interface QueueConsumption {
  queue: string
  /** Messages in hand at most. */
  prefetch: number
  /** How often to look whether the broker has forgotten us. */
  lookMs: number
  /** The channel or the consumer is dead. */
  fail: (reason: Error) => void
  onDelivery: (delivery: Delivery) => void
}

/** Consumes one queue on a channel of its own. */
export async function consumeQueue(connection: ChannelModel, consumption: QueueConsumption): Promise<Subscription> {
  const { queue, prefetch, fail, onDelivery } = consumption
  const channel = watched(await connection.createChannel(), fail)
  let delivered = 0
  let inHand = 0

  function receive(message: ConsumeMessage): void {
    delivered += 1
    inHand += 1
    const answer = (tell: () => void) => {
      inHand -= 1
      tellBroker(tell)
    }
    onDelivery({
      message,
      ack: () => answer(() => channel.ack(message)),
      giveBack: () => answer(() => channel.nack(message, false, true)),
      refuse: () => answer(() => channel.nack(message, false, false)),
    })
  }

  await channel.prefetch(prefetch)
  const { consumerTag } = await channel.consume(queue, (message) => {
    if (message === null) fail(new Error(`The broker cancelled the consumer of ${queue}.`))
    else receive(message)
  })

  // A queue deleted and declared again within milliseconds: RabbitMQ 3.10.8 may neither cancel the consumer nor hand it
  // anything any more, yet lists it as one (measured). Then messages wait while there is room here and nothing comes.
  let deliveredAtLook = -1
  const look = setInterval(async () => {
    const couldTakeMore = inHand < prefetch && delivered === deliveredAtLook
    deliveredAtLook = delivered
    if (!couldTakeMore) return
    const { messageCount } = await channel.checkQueue(queue).catch(() => NOTHING)
    if (messageCount > 0 && delivered === deliveredAtLook) fail(new Error(`The broker hands out nothing of ${queue}.`))
  }, consumption.lookMs)
  const stopLooking = () => clearInterval(look)
  channel.on('close', stopLooking)

  return {
    channel,
    async cancel() {
      stopLooking()
      await channel.cancel(consumerTag)
    },
  }
}

/** The channel is dying of the question, or of something else; `fail` hears of it. */
const NOTHING = { messageCount: 0 }

/**
 * On a channel that is gone amqplib throws, and there is nothing to say: the broker has taken the message back. On a
 * later channel the same tag would name another message.
 */
function tellBroker(tell: () => void): void {
  try {
    tell()
  } catch (error) {
    if (!(error instanceof IllegalOperationError)) throw error
  }
}
