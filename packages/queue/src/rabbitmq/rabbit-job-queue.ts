import type { Consumer, JobQueue, Lane, Log } from '@mooring/core'
import { consumeDeadLetters } from './consume-dead-letters.ts'
import { consumeHints } from './consume-hints.ts'
import { startPublishing } from './publishing.ts'
import type { Broker, SupervisedConnection } from './supervise-connection.ts'
import { topologyOf } from './topology.ts'

export interface RabbitOptions {
  /** `amqp://user:password@host:port/vhost` or `amqps://…`; the virtual host is `/` without a path. */
  url: string
  /** What exchanges and queues are named after: a name and a version. */
  prefix?: string
  /** Messages per lane before the broker refuses more. Another number needs another version in `prefix`. */
  maxLength?: number
  /** How long to wait for the broker's word when publishing or asking. */
  waitMs?: number
  /** A broker that is silent for two of these is given up. */
  heartbeatSeconds?: number
  /** A consumer that gets nothing for this long, although it could and its queue has messages, is replaced. */
  lookMs?: number
  /** Called for each hint that no queue took. */
  onReturned?: () => void
  log: Log
}

export interface RabbitJobQueue extends JobQueue {
  /** For tests: puts any bytes into a lane, as a stranger could. Resolves when the broker has them. */
  publishRaw(lane: Lane, body: Buffer): Promise<void>
}

/**
 * The port over RabbitMQ 3.10 to 4.x: one connection for publishing, one for each consumer. Connects by itself, and
 * again whenever it must; nothing here throws for a broker that is down. Throws for a `url` that is none.
 */
export function createRabbitJobQueue({
  url,
  prefix = 'mooring.v1',
  maxLength = 100_000,
  waitMs = 5000,
  heartbeatSeconds = 10,
  lookMs = 15_000,
  onReturned = () => {},
  log,
}: RabbitOptions): RabbitJobQueue {
  const broker: Broker = { url: withHeartbeat(url, heartbeatSeconds), lookMs, log }
  const topology = topologyOf(prefix, maxLength)
  const publishing = startPublishing(broker, topology, { waitMs, onReturned })
  const connections = new Set<SupervisedConnection>([publishing.connection])

  /** Returns when the first attempt to consume is over: a broker that is down is consumed from when it is back. */
  async function begin({ connection, stop }: Consumer & { connection: SupervisedConnection }): Promise<Consumer> {
    connections.add(connection)
    await connection.firstAttempt
    return {
      async stop(options) {
        await stop(options)
        connections.delete(connection)
      },
    }
  }

  return {
    publish: publishing.publish,
    publishRaw: publishing.publishRaw,
    depth: publishing.depth,
    queues: publishing.queues,

    consume: ({ slots, handle }) => begin(consumeHints(broker, { topology, slots, handle })),
    consumeDeadLetters: (handle) => begin(consumeDeadLetters(broker, { topology, handle })),

    isHealthy: () => !publishing.isBlocked() && [...connections].every((connection) => connection.isReady()),

    async close() {
      await Promise.all([...connections].map((connection) => connection.close()))
    },
  }
}

function withHeartbeat(url: string, seconds: number): string {
  const address = new URL(url)
  if (!address.searchParams.has('heartbeat')) address.searchParams.set('heartbeat', String(seconds))
  return address.href
}
