import { describe, expect, it, vi } from 'vitest'
import { runTask } from './task.ts'

const LONG = 3_600_000

/** A task that is driven by `wake`; its log and the number of its turns. */
function aTask(turn: (count: number) => Promise<number>) {
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const stopping = new AbortController()
  const counted = { turns: 0 }
  const task = runTask({
    name: 'test',
    log,
    signal: stopping.signal,
    turn: () => {
      counted.turns += 1
      return turn(counted.turns)
    },
  })
  return { ...task, log, counted, stop: () => stopping.abort() }
}

describe('runTask', () => {
  it('takes a turn at once, and then when it is woken or its pause is over', async () => {
    const task = aTask(async (count) => (count === 2 ? 1 : LONG))
    await vi.waitFor(() => expect(task.counted.turns).toBe(1))
    task.wake()
    await vi.waitFor(() => expect(task.counted.turns).toBe(3))
    task.stop()
    await task.ended
  })

  it('takes another turn when it was woken during one', async () => {
    const first = Promise.withResolvers<number>()
    const task = aTask((count) => (count === 1 ? first.promise : Promise.resolve(LONG)))
    task.wake()
    first.resolve(LONG)
    await vi.waitFor(() => expect(task.counted.turns).toBe(2))
    task.stop()
    await task.ended
  })

  it('tells a trouble once, goes on trying, and tells when it is over', async () => {
    const task = aTask(async (count) => {
      if (count <= 5) throw new Error('away')
      return LONG
    })
    await vi.waitFor(() => {
      task.wake()
      expect(task.counted.turns).toBeGreaterThanOrEqual(6)
    })
    expect(task.log.warn).toHaveBeenCalledExactlyOnceWith(
      { task: 'test', err: expect.any(Error) },
      'task failed, trying again',
    )
    expect(task.log.info).toHaveBeenCalledExactlyOnceWith({ task: 'test', failures: 5 }, 'task works again')
    task.stop()
    await task.ended
  })

  it('waits for the turn under way when it is stopped', async () => {
    const turn = Promise.withResolvers<number>()
    const task = aTask(() => turn.promise)
    let hasEnded = false
    const ended = task.ended.then(() => {
      hasEnded = true
    })
    task.stop()
    await Promise.resolve()
    expect(hasEnded).toBe(false)
    turn.resolve(0)
    await ended
    expect(task.counted.turns).toBe(1)
  })
})
