import { type Consumer, type Hint, LANES, type Lane, parseHint } from '@mooring/core'
import { createLaneGate } from '../lane-gate.ts'
import { within } from '../pause.ts'
import { consumeQueue, type Delivery, type Subscription } from './consume-queue.ts'
import { type Broker, type SupervisedConnection, superviseConnection } from './supervise-connection.ts'
import { declareTopology, type Topology } from './topology.ts'

interface HeldHint {
  hint: Hint
  delivery: Delivery
}

/**
 * Takes hints from every lane over one connection, a channel per lane, and hands them to `handle` through one gate.
 *
 * A lane's prefetch is one more than the slots: one lane can fill them all, and the next hint is here when one falls
 * free, or the gate would have nothing urgent to prefer. A hint held here does no harm, for it claims nothing.
 */
export function consumeHints(
  broker: Broker,
  { topology, slots, handle }: { topology: Topology; slots: number; handle: (hint: Hint) => Promise<void> },
): Consumer & { connection: SupervisedConnection } {
  const { log } = broker
  const held: Record<Lane, HeldHint[]> = { interactive: [], renewal: [], normal: [] }
  const gate = createLaneGate({ slots, lanes: held, run })
  let subscriptions: Subscription[] = []
  let stopping = false

  async function run({ hint, delivery }: HeldHint): Promise<void> {
    try {
      await handle(hint)
    } catch (error) {
      // Why, the handler has told.
      log.debug({ err: error, domainId: hint.domainId }, 'hint given back')
      return delivery.giveBack()
    }
    delivery.ack()
  }

  function receive(lane: Lane, delivery: Delivery): void {
    if (stopping) return delivery.giveBack()
    const body = delivery.message.content
    const hint = parseHint(body)
    if (!hint.ok) {
      log.warn({ queue: topology.queues[lane], code: hint.code, bytes: body.length }, 'message refused')
      return delivery.refuse()
    }
    held[lane].push({ hint: hint.value, delivery })
    gate.wake()
  }

  const connection = superviseConnection(broker, {
    name: 'worker',
    async setUp(connection, fail) {
      await declareTopology(connection, topology)
      for (const lane of LANES) {
        const subscription = await consumeQueue(connection, {
          queue: topology.queues[lane],
          prefetch: slots + 1,
          lookMs: broker.lookMs,
          fail,
          onDelivery: (delivery) => receive(lane, delivery),
        })
        subscriptions.push(subscription)
      }
      if (stopping) await cancel()
      return subscriptions.map(({ channel }) => channel)
    },
    onLost() {
      // What waited here is handed out again, to whoever consumes next; what is in hand goes on.
      for (const lane of LANES) held[lane].length = 0
      subscriptions = []
    },
  })

  async function cancel(): Promise<void> {
    // A consumer on a dead channel is cancelled already.
    await Promise.allSettled(subscriptions.map((subscription) => subscription.cancel()))
  }

  return {
    connection,
    async stop({ drainMs }) {
      stopping = true
      gate.close()
      for (const lane of LANES) for (const { delivery } of held[lane].splice(0)) delivery.giveBack()
      const drained = await within(drainMs, Promise.all([cancel(), gate.idle()]))
      if (!drained) log.warn({ drainMs }, 'stopped with domains in hand')
      await connection.close()
    },
  }
}
