import { type Hint, LANES, type Lane, type QueueStanding } from '@mooring/core'
import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib'
import { pause, within } from '../pause.ts'
import { createPublisher } from './publisher.ts'
import { type Broker, type SupervisedConnection, superviseConnection } from './supervise-connection.ts'
import { declareTopology, type Topology } from './topology.ts'
import { watched } from './watched.ts'

/** The connection for everything but consuming: the broker may block it, and consumers must go on all the same. */
export interface Publishing {
  connection: SupervisedConnection
  isBlocked(): boolean
  publish(hints: Hint[]): Promise<{ confirmed: number; unconfirmed: number }>
  publishRaw(lane: Lane, body: Buffer): Promise<void>
  depth(): Promise<Record<Lane, number> | null>
  queues(): Promise<QueueStanding[] | null>
}

/** What lives and dies with one connection. */
interface Life {
  connection: ChannelModel
  channel: ConfirmChannel
  /** For questions alone: asking for a queue that is missing closes the channel. */
  askOn: Channel | null
  fail: (reason: Error) => void
  ended: AbortController
}

/** `waitMs` bounds every wait for the broker's word. */
export function startPublishing(
  broker: Broker,
  topology: Topology,
  { waitMs, onReturned }: { waitMs: number; onReturned: () => void },
): Publishing {
  const publisher = createPublisher(topology, {
    onReturned() {
      onReturned()
      declareAgain()
    },
  })
  let life: Life | null = null
  let blocked = false
  let declaring: Promise<void> | null = null

  const connection = superviseConnection(broker, {
    name: 'publisher',
    async setUp(connection, fail) {
      connection.on('blocked', (reason) => {
        broker.log.warn({ reason }, 'the broker takes no messages')
        blocked = true
        publisher.detach()
      })
      connection.on('unblocked', () => {
        broker.log.info({}, 'the broker takes messages again')
        blocked = false
        if (life !== null) publisher.attach(life.channel)
      })
      await declareTopology(connection, topology)
      const channel = watched(await connection.createConfirmChannel(), fail)
      life = { connection, channel, askOn: null, fail, ended: new AbortController() }
      if (!blocked) publisher.attach(channel)
      return [channel]
    },
    onLost() {
      life?.ended.abort()
      life = null
      blocked = false
      publisher.detach()
    },
  })

  /** A message came back, or a queue was not found: somebody deleted it. One round at a time. */
  function declareAgain(): void {
    if (life === null) return
    declaring ??= declareAfterPause(life, topology).finally(() => {
      declaring = null
    })
  }

  async function look(queues: readonly string[]): Promise<QueueStanding[] | null> {
    if (life === null || blocked) return null
    const standing = ask(life, queues).catch((error: unknown) => {
      if ((error as { code?: unknown }).code === NOT_FOUND) declareAgain()
      return null
    })
    return (await within(waitMs, standing)) ? standing : null
  }

  return {
    connection,
    isBlocked: () => blocked,

    async publish(hints) {
      await within(waitMs, connection.firstAttempt)
      return publisher.publish(hints, { deadlineMs: waitMs })
    },

    async publishRaw(lane, body) {
      await connection.firstAttempt
      if (life === null) throw new Error('The broker is not connected.')
      life.channel.publish(topology.exchange, lane, body, { persistent: true })
      await life.channel.waitForConfirms()
    },

    async depth() {
      const standing = await look(LANES.map((lane) => topology.queues[lane]))
      if (standing === null) return null
      return Object.fromEntries(LANES.map((lane, place) => [lane, standing[place]?.messages ?? 0])) as Record<
        Lane,
        number
      >
    },

    queues: () => look([...LANES.map((lane) => topology.queues[lane]), topology.deadQueue]),
  }
}

/**
 * Not at once: consumers hear of a deleted queue some 20 ms later, and RabbitMQ 3.10.8 may forget to tell them at all when
 * it has been declared again by then.
 */
async function declareAfterPause({ connection, ended, fail }: Life, topology: Topology): Promise<void> {
  await pause(1000, ended.signal)
  if (ended.signal.aborted) return
  await declareTopology(connection, topology).catch(fail)
}

// AMQP 0-9-1 §1.1, constants.
const NOT_FOUND = 404

async function ask(life: Life, queues: readonly string[]): Promise<QueueStanding[]> {
  const channel = (life.askOn ??= await openAskingChannel(life))
  return Promise.all(
    queues.map(async (name) => {
      const { messageCount: messages, consumerCount: consumers } = await channel.checkQueue(name)
      return { name, messages, consumers }
    }),
  )
}

async function openAskingChannel(life: Life): Promise<Channel> {
  const channel = await life.connection.createChannel()
  // The question that closed it rejects with the reason; the next one opens another channel.
  channel.on('error', () => {})
  channel.on('close', () => {
    if (life.askOn === channel) life.askOn = null
  })
  return channel
}
