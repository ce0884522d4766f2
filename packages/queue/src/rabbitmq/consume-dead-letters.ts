import type { Consumer, DeadLetter } from '@mooring/core'
import type { ConsumeMessage } from 'amqplib'
import { type Death, describeDeadLetter } from '../dead-letter.ts'
import { handOver } from '../hand-over.ts'
import { within } from '../pause.ts'
import { consumeQueue } from './consume-queue.ts'
import { type Broker, type SupervisedConnection, superviseConnection } from './supervise-connection.ts'
import { declareTopology, type Topology } from './topology.ts'

/** Letters in hand at a time: one that cannot be stored does not hold up the others, and 5 MB bodies stay few. */
const PREFETCH = 8

/** Hands dead letters to `handle` and acks each once it is taken. */
export function consumeDeadLetters(
  broker: Broker,
  { topology, handle }: { topology: Topology; handle: (letter: DeadLetter) => Promise<void> },
): Consumer & { connection: SupervisedConnection } {
  const stopping = new AbortController()
  const inHand = new Set<Promise<void>>()
  let life = new AbortController()

  const connection = superviseConnection(broker, {
    name: 'dead letters',
    async setUp(connection, fail) {
      await declareTopology(connection, topology)
      life = new AbortController()
      const signal = AbortSignal.any([life.signal, stopping.signal])
      const { channel } = await consumeQueue(connection, {
        queue: topology.deadQueue,
        prefetch: PREFETCH,
        lookMs: broker.lookMs,
        fail,
        onDelivery({ message, ack }) {
          const letter = describeDeadLetter(message.content, deathOf(message, topology.deadQueue))
          const handing = handOver(letter, { handle, signal, log: broker.log }).then((taken) => {
            // A letter that was not taken stays unacked: the broker has it back when the channel closes.
            if (taken) ack()
            inHand.delete(handing)
          })
          inHand.add(handing)
        },
      })
      return [channel]
    },
    onLost: () => life.abort(),
  })

  return {
    connection,
    async stop({ drainMs }) {
      stopping.abort()
      await within(drainMs, Promise.all(inHand))
      await connection.close()
    },
  }
}

/** `x-death` has the latest death first (https://www.rabbitmq.com/docs/dlx#effects); its counts differ by version. */
function deathOf({ properties }: ConsumeMessage, deadQueue: string): Death {
  const latest: { queue?: unknown; reason?: unknown } | undefined = properties.headers?.['x-death']?.[0]
  return {
    queue: typeof latest?.queue === 'string' ? latest.queue : deadQueue,
    reason: typeof latest?.reason === 'string' ? latest.reason : 'unknown',
  }
}
