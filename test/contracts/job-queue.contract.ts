import { type DeadLetter, encodeHint, type Hint, type JobQueue, type Lane, newDomainId } from '@mooring/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { soon } from '../services/soon.ts'

/** The port, and the way in that a stranger would have. */
export type QueueUnderTest = JobQueue & { publishRaw(lane: Lane, body: Buffer): Promise<void> }

export const aHint = (lane: Lane = 'normal'): Hint => ({ domainId: newDomainId(), lane })
export const hints = (count: number, lane?: Lane): Hint[] => Array.from({ length: count }, () => aHint(lane))

/** Takes hints and remembers them in the order in which they came. */
export function recorder() {
  const seen: Hint[] = []
  return { seen, handle: async (hint: Hint) => void seen.push(hint) }
}

/** A handler that holds every hint until it is told to let go. */
export function holder() {
  const held: Hint[] = []
  const letGo = Promise.withResolvers<void>()
  return {
    held,
    letGo: () => letGo.resolve(),
    async handle(hint: Hint) {
      held.push(hint)
      await letGo.promise
    },
  }
}

/** What every JobQueue does, whatever carries the messages. `open` gives a queue that nobody else uses. */
export function jobQueueContract(name: string, open: () => Promise<QueueUnderTest>): void {
  describe(`the job queue ${name}`, () => {
    let queue: QueueUnderTest
    beforeEach(async () => {
      queue = await open()
    })
    afterEach(() => queue.close())

    it('hands out every hint that it confirmed', async () => {
      const { seen, handle } = recorder()
      await queue.consume({ slots: 4, handle })
      const sent = [...hints(5, 'interactive'), ...hints(5)]
      expect(await queue.publish(sent)).toEqual({ confirmed: 10, unconfirmed: 0 })
      await soon(() => expect(seen).toHaveLength(10))
      expect(seen).toEqual(expect.arrayContaining(sent))
    })

    it('keeps hints until somebody consumes, and says how many wait in each lane', async () => {
      const sent = [aHint('interactive'), ...hints(3)]
      await queue.publish(sent)
      await soon(async () => expect(await queue.depth()).toEqual({ interactive: 1, renewal: 0, normal: 3 }))
      const { seen, handle } = recorder()
      await queue.consume({ slots: 1, handle })
      await soon(() => expect(seen).toHaveLength(4))
      await soon(async () => expect(await queue.depth()).toEqual({ interactive: 0, renewal: 0, normal: 0 }))
    })

    it('confirms a thousand hints in one go, and nothing when there is nothing', async () => {
      expect(await queue.publish(hints(1000))).toEqual({ confirmed: 1000, unconfirmed: 0 })
      expect(await queue.publish([])).toEqual({ confirmed: 0, unconfirmed: 0 })
    })

    it('never has more in hand than there are slots, over all lanes together', async () => {
      const { held, letGo, handle } = holder()
      await queue.publish([...hints(10, 'interactive'), ...hints(10)])
      await queue.consume({ slots: 3, handle })
      await soon(() => expect(held).toHaveLength(3))
      // As many again would have come by the time the broker has answered twice.
      await queue.depth()
      await queue.depth()
      expect(held).toHaveLength(3)
      letGo()
      await soon(() => expect(held).toHaveLength(20))
    })

    it('prefers the urgent lane without starving the other, with a single slot', async () => {
      const { held, letGo, handle } = holder()
      await queue.publish([...hints(30), ...hints(10, 'interactive')])
      await queue.consume({ slots: 1, handle })
      await soon(() => expect(held).toHaveLength(1))
      // By the time the broker has answered twice, hints of both lanes wait for the slot.
      await queue.depth()
      await queue.depth()
      letGo()
      await soon(() => expect(held).toHaveLength(40))
      const lanes = held.map(({ lane }) => lane)
      expect(lanes.indexOf('normal')).toBeLessThan(lanes.lastIndexOf('interactive'))
      expect(lanes.lastIndexOf('interactive')).toBeLessThan(lanes.lastIndexOf('normal'))
    })

    it('hands out a duplicate as often as it was published', async () => {
      const { seen, handle } = recorder()
      await queue.consume({ slots: 4, handle })
      const hint = aHint()
      await queue.publish(Array.from({ length: 100 }, () => hint))
      await soon(() => expect(seen).toHaveLength(100))
    })

    it('hands out a hint again when its handler rejects', async () => {
      const handle = vi.fn(async () => {})
      handle.mockRejectedValueOnce(new Error('The database is away.'))
      await queue.consume({ slots: 1, handle })
      const hint = aHint()
      await queue.publish([hint])
      await soon(() => expect(handle).toHaveBeenCalledTimes(2))
      expect(handle).toHaveBeenLastCalledWith(hint)
    })

    it('gives up on a hint that was handed out in vain more than twenty times', async () => {
      const handle = vi.fn(() => Promise.reject(new Error('never')))
      const letters: DeadLetter[] = []
      await queue.consumeDeadLetters(async (letter) => void letters.push(letter))
      await queue.consume({ slots: 1, handle })
      const hint = aHint()
      await queue.publish([hint])
      await vi.waitFor(() => expect(letters).toHaveLength(1), { timeout: 10_000 })
      expect(letters[0]).toMatchObject({ code: 'DELIVERY_LIMIT', excerpt: encodeHint(hint).toString() })
      expect(handle).toHaveBeenCalledTimes(21)
    })

    it('puts what is no hint among the dead letters with the reason, and goes on with what is one', async () => {
      const { seen, handle } = recorder()
      const letters: DeadLetter[] = []
      await queue.consumeDeadLetters(async (letter) => void letters.push(letter))
      await queue.consume({ slots: 2, handle })
      const first = aHint()
      const last = aHint()
      await queue.publish([first])
      await queue.publishRaw('normal', Buffer.from('{not json'))
      await queue.publishRaw('normal', Buffer.from('{"v":7,"task":"mine\\u0000"}'))
      await queue.publishRaw('interactive', Buffer.from([0, 0xff, 0xfe]))
      await queue.publishRaw('normal', Buffer.alloc(5 * 1024 * 1024, 'x'))
      await queue.publish([last])

      await vi.waitFor(() => expect(letters).toHaveLength(4), { timeout: 10_000 })
      await soon(() => expect(seen).toEqual(expect.arrayContaining([first, last])))
      const by = (code: string) => letters.filter((letter) => letter.code === code)
      expect(by('MESSAGE_NOT_JSON')).toHaveLength(2)
      expect(by('MESSAGE_UNKNOWN')[0]).toMatchObject({ detail: expect.stringContaining('not a hint of version 1') })
      expect(by('MESSAGE_TOO_LARGE')[0]).toMatchObject({ bytes: 5 * 1024 * 1024, excerpt: 'x'.repeat(4096) })
      expect(letters.map(({ queue: lane }) => lane)).toEqual(
        expect.arrayContaining([expect.stringMatching(/interactive$/), expect.stringMatching(/normal$/)]),
      )
      expect(letters.some(({ detail, excerpt }) => `${detail}${excerpt}`.includes('\0'))).toBe(false)
    })

    it('keeps a dead letter until it is taken, and hands it over once', async () => {
      const take = vi.fn(async () => {})
      take.mockRejectedValueOnce(new Error('The database is away.'))
      await queue.consumeDeadLetters(take)
      await queue.consume({ slots: 1, handle: async () => {} })
      await queue.publishRaw('normal', Buffer.from('rubbish'))
      await vi.waitFor(() => expect(take).toHaveBeenCalledTimes(2), { timeout: 10_000 })
      await queue.publishRaw('normal', Buffer.from('more rubbish'))
      await vi.waitFor(() => expect(take).toHaveBeenCalledTimes(3), { timeout: 10_000 })
      expect(take).toHaveBeenLastCalledWith(expect.objectContaining({ excerpt: 'more rubbish' }))
    })

    it('stops once what is in hand is done, and leaves the rest to others', async () => {
      const { held, letGo, handle } = holder()
      const consumer = await queue.consume({ slots: 2, handle })
      await queue.publish(hints(6))
      await soon(() => expect(held).toHaveLength(2))
      let stopped = false
      const stopping = consumer.stop({ drainMs: 10_000 }).then(() => (stopped = true))
      await queue.depth()
      expect(stopped).toBe(false)
      letGo()
      await stopping
      expect(held).toHaveLength(2)

      const { seen, handle: takeRest } = recorder()
      await queue.consume({ slots: 2, handle: takeRest })
      await soon(() => expect(seen).toHaveLength(4))
      expect(seen).not.toEqual(expect.arrayContaining([held[0]]))
    })

    it('stops when the time to drain is over, whatever is still in hand', async () => {
      const { held, letGo, handle } = holder()
      const consumer = await queue.consume({ slots: 1, handle })
      await queue.publish([aHint()])
      await soon(() => expect(held).toHaveLength(1))
      await consumer.stop({ drainMs: 50 })
      letGo()
    })

    it('confirms nothing after it was closed', async () => {
      await queue.close()
      expect(queue.isHealthy()).toBe(false)
      expect(await queue.publish([aHint()])).toEqual({ confirmed: 0, unconfirmed: 1 })
    })
  })
}
