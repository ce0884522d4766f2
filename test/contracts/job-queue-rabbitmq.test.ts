import type { Hint } from '@mooring/core'
import { type ChannelModel, connect } from 'amqplib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { freePorts } from '../services/free-ports.ts'
import { silent, useRabbitMQ } from '../services/rabbitmq-queues.ts'
import { soon } from '../services/soon.ts'
import { aHint, hints, holder, recorder } from './job-queue.contract.ts'

const { broker, prefix, openQueue } = useRabbitMQ()

/** Reconnecting takes up to a second, and a silent broker is noticed after two or three heartbeats of one second. */
const SOON = { timeout: 20_000, interval: 50 }

const isHealthy = (queue: { isHealthy(): boolean }) => vi.waitFor(() => expect(queue.isHealthy()).toBe(true), SOON)
const isUnhealthy = (queue: { isHealthy(): boolean }) => vi.waitFor(() => expect(queue.isHealthy()).toBe(false), SOON)

const exchange = () => prefix().replace(/\.v1$/, '')

/** As the design has it: declared otherwise, a queue that stands is refused. */
const laneArguments = () => ({
  'x-queue-type': 'quorum',
  'x-delivery-limit': 20,
  'x-dead-letter-exchange': `${exchange()}.dlx`,
  'x-dead-letter-strategy': 'at-least-once',
  'x-overflow': 'reject-publish',
  'x-max-length': 100_000,
})

/** Publishes until the broker confirms: what a promoter does over time. */
const confirmed = (queue: ReturnType<typeof openQueue>, hint: Hint) =>
  vi.waitFor(async () => expect(await queue.publish([hint])).toEqual({ confirmed: 1, unconfirmed: 0 }), SOON)

describe('the job queue over a RabbitMQ that', () => {
  let stranger: ChannelModel
  beforeEach(async () => {
    stranger = await connect(broker().url)
    stranger.on('error', () => {})
  })
  afterEach(() => stranger.close().catch(() => undefined))

  it('closes every connection by force is used again as soon as it allows', async (context) => {
    if (broker().pid === null) return context.skip('the broker is not ours to control')
    const queue = openQueue()
    const { seen, handle } = recorder()
    await queue.consume({ slots: 2, handle })
    await confirmed(queue, aHint())

    await broker().ctl('close_all_connections', 'a test wants it')
    await isUnhealthy(queue)

    const hint = aHint()
    await confirmed(queue, hint)
    await vi.waitFor(() => expect(seen).toContainEqual(hint), SOON)
    await isHealthy(queue)
  })

  it('drops the connection while a hint is in hand gets it back, and the late ack hurts nobody', async (context) => {
    if (broker().pid === null) return context.skip('the broker is not ours to control')
    const queue = openQueue()
    const { held, letGo, handle } = holder()
    await queue.consume({ slots: 4, handle })
    const hint = aHint()
    await queue.publish([hint])
    await soon(() => expect(held).toEqual([hint]))
    await broker().ctl('close_all_connections', 'a test wants it')
    await vi.waitFor(() => expect(held).toEqual([hint, hint]), SOON)
    letGo()
    await isHealthy(queue)
    const later = aHint()
    await confirmed(queue, later)
    await vi.waitFor(() => expect(held).toContainEqual(later), SOON)
    expect(await queue.depth()).toEqual({ interactive: 0, renewal: 0, normal: 0 })
  })

  it('restarts keeps what it confirmed', async (context) => {
    if (broker().pid === null) return context.skip('the broker is not ours to control')
    const queue = openQueue()
    const sent = hints(20)
    await queue.publish(sent)
    await broker().ctl('stop_app')
    await isUnhealthy(queue)
    expect(await queue.publish([aHint()])).toEqual({ confirmed: 0, unconfirmed: 1 })
    expect(await queue.depth()).toBeNull()
    const { seen, handle } = recorder()
    await queue.consume({ slots: 4, handle })
    await broker().ctl('start_app')
    await vi.waitFor(() => expect(seen).toEqual(expect.arrayContaining(sent)), SOON)
    await isHealthy(queue)
  })

  it('is frozen is given up in bounded time, and used again when it wakes', async (context) => {
    const { pid } = broker()
    if (pid === null) return context.skip('the broker is not ours to control')
    const queue = openQueue({ heartbeatSeconds: 1, waitMs: 300 })
    const { seen, handle } = recorder()
    await queue.consume({ slots: 1, handle })
    await isHealthy(queue)
    process.kill(pid, 'SIGSTOP')
    try {
      expect(await queue.publish(hints(3))).toEqual({ confirmed: 0, unconfirmed: 3 })
      expect(await queue.depth()).toBeNull()
      await isUnhealthy(queue)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await isHealthy(queue)
    const hint = aHint()
    await confirmed(queue, hint)
    await vi.waitFor(() => expect(seen).toContainEqual(hint), SOON)
  })

  it('is frozen does not hold up a process that stops', async (context) => {
    const { pid } = broker()
    if (pid === null) return context.skip('the broker is not ours to control')
    const queue = openQueue()
    const consumer = await queue.consume({ slots: 1, handle: async () => {} })
    process.kill(pid, 'SIGSTOP')
    try {
      const startedAt = performance.now()
      await consumer.stop({ drainMs: 100 })
      await queue.close()
      expect(performance.now() - startedAt).toBeLessThan(6000)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  })

  it('runs short of memory confirms nothing, and goes on handing out what it has', async (context) => {
    if (broker().pid === null) return context.skip('the broker is not ours to control')
    const queue = openQueue()
    const { held, letGo, handle } = holder()
    await queue.consume({ slots: 1, handle })
    await queue.publish(hints(5))
    await soon(() => expect(held).toHaveLength(1))
    await broker().ctl('set_vm_memory_high_watermark', 'absolute', '1')
    try {
      expect(await queue.publish([aHint()])).toEqual({ confirmed: 0, unconfirmed: 1 })
      expect(queue.isHealthy()).toBe(false)
      expect(await queue.publish([aHint()])).toEqual({ confirmed: 0, unconfirmed: 1 })
      expect(await queue.depth()).toBeNull()
      letGo()
      await vi.waitFor(() => expect(held.length).toBeGreaterThanOrEqual(5), SOON)
    } finally {
      await broker().ctl('set_vm_memory_high_watermark', '0.4')
    }
    await isHealthy(queue)
    await confirmed(queue, aHint())
  })

  it('is not there yet is waited for', async () => {
    const [port] = await freePorts(1)
    const queue = openQueue({ url: `amqp://guest:guest@127.0.0.1:${port}` })
    const consumer = await queue.consume({ slots: 1, handle: async () => {} })
    expect(await queue.publish([aHint()])).toEqual({ confirmed: 0, unconfirmed: 1 })
    expect(await queue.depth()).toBeNull()
    expect(queue.isHealthy()).toBe(false)
    await consumer.stop({ drainMs: 1000 })
  })

  it('loses its queues to somebody gets them declared again, and the consumers go on', async () => {
    const queue = openQueue()
    const { seen, handle } = recorder()
    await queue.consume({ slots: 1, handle })
    const channel = await stranger.createChannel()
    await channel.deleteQueue(`${prefix()}.interactive`)
    await channel.deleteQueue(`${prefix()}.normal`)
    for (const hint of [aHint('interactive'), aHint('normal')]) {
      await confirmed(queue, hint)
      await vi.waitFor(() => expect(seen).toContainEqual(hint), SOON)
    }
  })

  it('forgets a consumer whose queue was deleted and declared again at once gets it back', async () => {
    const queue = openQueue({ lookMs: 300 })
    const { seen, handle } = recorder()
    await queue.consume({ slots: 1, handle })
    const channel = await stranger.createChannel()
    await channel.deleteQueue(`${prefix()}.normal`)
    await channel.assertQueue(`${prefix()}.normal`, { durable: true, arguments: laneArguments() })
    await channel.bindQueue(`${prefix()}.normal`, exchange(), 'normal')
    await vi.waitFor(async () => {
      await queue.publish(hints(3))
      expect(seen.length).toBeGreaterThan(0)
    }, SOON)
  })

  it('has no queue for a hint returns it, which is no confirmation, and has one again soon', async () => {
    const queue = openQueue()
    await isHealthy(queue)
    const channel = await stranger.createChannel()
    await channel.deleteQueue(`${prefix()}.normal`)
    expect(await queue.publish([aHint('interactive'), aHint('normal')])).toEqual({ confirmed: 1, unconfirmed: 1 })
    await confirmed(queue, aHint('normal'))
  })

  it('has lost a queue is not asked for its depth in vain: the queue is declared again', async () => {
    const queue = openQueue()
    await isHealthy(queue)
    const channel = await stranger.createChannel()
    await channel.deleteQueue(`${prefix()}.normal`)
    expect(await queue.depth()).toBeNull()
    await vi.waitFor(async () => expect(await queue.depth()).toEqual({ interactive: 0, renewal: 0, normal: 0 }), SOON)
    await confirmed(queue, aHint())
  })

  it('loses its exchange gets it declared again', async () => {
    const queue = openQueue()
    await isHealthy(queue)
    const channel = await stranger.createChannel()
    await channel.deleteExchange(exchange())
    expect(await queue.publish([aHint()])).toEqual({ confirmed: 0, unconfirmed: 1 })
    await confirmed(queue, aHint())
  })

  it('has its queues purged goes on with what comes next', async () => {
    const queue = openQueue()
    await queue.publish(hints(10))
    const channel = await stranger.createChannel()
    expect((await channel.purgeQueue(`${prefix()}.normal`)).messageCount).toBe(10)
    const { seen, handle } = recorder()
    await queue.consume({ slots: 1, handle })
    const hint = aHint()
    await confirmed(queue, hint)
    await soon(() => expect(seen).toEqual([hint]))
  })

  it('has a full queue refuses more, which is no confirmation', async () => {
    const queue = openQueue({ maxLength: 10 })
    // The broker counts with a delay: a burst may get past the limit, what comes after does not.
    await queue.publish(hints(100))
    await vi.waitFor(async () => {
      expect(await queue.publish([aHint()])).toEqual({ confirmed: 0, unconfirmed: 1 })
    }, SOON)
    expect(await queue.publish([aHint('interactive')])).toEqual({ confirmed: 1, unconfirmed: 0 })
  })

  it('holds a queue with other arguments is told apart from one that is away', async () => {
    const channel = await stranger.createChannel()
    await channel.assertQueue(`${prefix()}.normal`, { durable: true, arguments: { 'x-queue-type': 'classic' } })
    const warn = vi.fn()
    const queue = openQueue({ log: { ...silent, debug: () => {}, info: () => {}, warn, error: warn } })
    expect(await queue.publish([aHint()])).toEqual({ confirmed: 0, unconfirmed: 1 })
    expect(queue.isHealthy()).toBe(false)
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      expect.anything(),
      expect.stringMatching(/other arguments than this release declares.*Delete it/),
    )
    await channel.deleteQueue(`${prefix()}.normal`)
    await isHealthy(queue)
  })
})
