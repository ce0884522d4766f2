import { randomUUID } from 'node:crypto'
import { createRabbitJobQueue, type RabbitJobQueue, type RabbitOptions } from '@mooring/queue'
import { createLogger } from '@mooring/runtime'
import { connect } from 'amqplib'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { Running } from './provide.ts'
import { type RabbitMQ, startRabbitMQ } from './rabbitmq.ts'

export const silent = createLogger({ name: 'test', level: 'silent' })

/** A RabbitMQ for the test file, and names of its own for each of its tests. */
export function useRabbitMQ(): {
  broker(): RabbitMQ
  /** The test's `prefix`: exchange `name`, queues `name.v1.…`. */
  prefix(): string
  openQueue(options?: Partial<RabbitOptions>): RabbitJobQueue
} {
  let server: Running<RabbitMQ>
  let name = ''
  let opened: RabbitJobQueue[] = []

  beforeAll(async () => {
    server = await startRabbitMQ()
  })
  beforeEach(() => {
    name = `test-${randomUUID()}`
  })
  afterEach(async () => {
    await Promise.all(opened.map((queue) => queue.close()))
    opened = []
    await deleteEverything(server.address.url, name)
  })
  afterAll(() => server?.stop())

  return {
    broker: () => server.address,
    prefix: () => `${name}.v1`,
    openQueue(options = {}) {
      const queue = createRabbitJobQueue({ url: server.address.url, prefix: `${name}.v1`, log: silent, ...options })
      opened.push(queue)
      return queue
    },
  }
}

/** The broker may be somebody else's: nothing of a test stays there. Deleting what is not there is no error (AMQP 0-9-1). */
async function deleteEverything(url: string, name: string): Promise<void> {
  const connection = await connect(url)
  const channel = await connection.createChannel()
  for (const queue of ['interactive', 'normal', 'dead']) await channel.deleteQueue(`${name}.v1.${queue}`)
  for (const exchange of [name, `${name}.dlx`]) await channel.deleteExchange(exchange)
  await connection.close()
}
