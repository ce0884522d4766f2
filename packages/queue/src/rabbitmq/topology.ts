import { LANES, type Lane } from '@mooring/core'
import type { ChannelModel } from 'amqplib'

/**
 * A queue per lane, because 3.10 refuses priorities on quorum queues. Queue names carry a version: declared again with
 * other arguments, a queue is a 406 for ever. The exchanges and the lanes' names as routing keys carry none.
 */
export interface Topology {
  exchange: string
  deadExchange: string
  deadQueue: string
  queues: Record<Lane, string>
  /** Messages per lane before the broker refuses more; far above what the promoter lets wait. */
  maxLength: number
}

/** `mooring.v1` gives the exchange `mooring` and the queues `mooring.v1.interactive`, … */
export function topologyOf(prefix: string, maxLength: number): Topology {
  const exchange = prefix.replace(/\.v\d+$/, '')
  return {
    exchange,
    deadExchange: `${exchange}.dlx`,
    deadQueue: `${prefix}.dead`,
    queues: Object.fromEntries(LANES.map((lane) => [lane, `${prefix}.${lane}`])) as Record<Lane, string>,
    maxLength,
  }
}

const DELIVERY_LIMIT = 20
// RabbitMQ 4 drops what was delivered 20 times unless told otherwise, and 3.10 knows no way to say "never".
const UNLIMITED_DELIVERIES = 1_000_000_000

/** Declares everything; does nothing where it stands already. Throws what `explainBrokerError` can explain. */
export async function declareTopology(connection: ChannelModel, topology: Topology): Promise<void> {
  const channel = await connection.createChannel()
  // The call that fails rejects with the same error; without a listener the event would end the process.
  channel.on('error', () => {})

  await channel.assertExchange(topology.deadExchange, 'fanout', { durable: true })
  await channel.assertQueue(topology.deadQueue, {
    durable: true,
    arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': UNLIMITED_DELIVERIES },
  })
  await channel.bindQueue(topology.deadQueue, topology.deadExchange, '')

  // No alternate exchange: what it takes would count as routed, and `mandatory` would tell nobody.
  await channel.assertExchange(topology.exchange, 'direct', { durable: true })
  for (const lane of LANES) {
    await channel.assertQueue(topology.queues[lane], {
      durable: true,
      arguments: {
        'x-queue-type': 'quorum',
        'x-delivery-limit': DELIVERY_LIMIT,
        'x-dead-letter-exchange': topology.deadExchange,
        // Needs `reject-publish`: https://www.rabbitmq.com/docs/quorum-queues#activating-at-least-once-dead-lettering
        'x-dead-letter-strategy': 'at-least-once',
        'x-overflow': 'reject-publish',
        'x-max-length': topology.maxLength,
      },
    })
    await channel.bindQueue(topology.queues[lane], topology.exchange, lane)
  }
  await channel.close()
}
