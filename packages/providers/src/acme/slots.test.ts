import { describe, expect, it } from 'vitest'
import { createSlots } from './slots.ts'

const { signal } = new AbortController()

describe('createSlots', () => {
  it('runs no more than it has slots, first come first served', async () => {
    const slots = createSlots(2)
    const order: number[] = []
    let [running, most] = [0, 0]
    const work = (index: number) =>
      slots.run(signal, async () => {
        order.push(index)
        running += 1
        most = Math.max(most, running)
        await new Promise(setImmediate)
        running -= 1
      })
    await Promise.all(Array.from({ length: 20 }, (_, index) => work(index)))
    expect(most).toBe(2)
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index))
  })

  it('gives the slot back when the work fails', async () => {
    const slots = createSlots(1)
    await expect(slots.run(signal, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(await slots.run(signal, async () => 'next')).toBe('next')
  })

  it('lets a caller that gives up leave the queue, without costing a slot', async () => {
    const slots = createSlots(1)
    const holding = Promise.withResolvers<void>()
    const leaving = new AbortController()
    const first = slots.run(signal, () => holding.promise)
    const second = slots.run(leaving.signal, async () => 'never')
    const third = slots.run(signal, async () => 'third')

    const reason = new Error('the process stops')
    leaving.abort(reason)
    await expect(second).rejects.toBe(reason)
    holding.resolve()
    await first
    expect(await third).toBe('third')
  })
})
