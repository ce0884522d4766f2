import { LANES, type Lane } from '@mooring/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLaneGate } from './lane-gate.ts'

interface Item {
  lane: Lane
  done: PromiseWithResolvers<void>
}

const anItem = (lane: Lane): Item => ({ lane, done: Promise.withResolvers() })
const lanesOf = (items: Item[]): Record<Lane, Item[]> => ({
  interactive: items.filter(({ lane }) => lane === 'interactive'),
  renewal: items.filter(({ lane }) => lane === 'renewal'),
  normal: items.filter(({ lane }) => lane === 'normal'),
})

/** A gate that tells what it began, and in which order. */
function aGate(slots: number, items: Item[]) {
  const lanes = lanesOf(items)
  const begun: Item[] = []
  const run = (item: Item) => {
    begun.push(item)
    return item.done.promise
  }
  return { lanes, begun, gate: createLaneGate({ slots, lanes, run }) }
}

/** Ends everything that is begun until nothing is left, and returns the order of lanes. */
async function drain({ begun, gate }: ReturnType<typeof aGate>): Promise<Lane[]> {
  for (const item of begun) item.done.resolve()
  for (let seen = -1; seen !== begun.length; ) {
    seen = begun.length
    await Promise.resolve()
    await Promise.resolve()
    for (const item of begun) item.done.resolve()
    await Promise.resolve()
  }
  await gate.idle()
  return begun.map(({ lane }) => lane)
}

describe('the gate of slots', () => {
  it('begins as much as there are slots, the most urgent first', () => {
    const { gate, begun } = aGate(2, [anItem('normal'), anItem('interactive'), anItem('normal')])
    gate.wake()
    expect(begun.map(({ lane }) => lane)).toEqual(['interactive', 'normal'])
  })

  it('gives every lane its turn, however much waits in a more urgent one', async () => {
    const urgent = Array.from({ length: 12 }, () => anItem('interactive'))
    const trial = aGate(1, [...urgent, anItem('normal'), anItem('normal')])
    trial.gate.wake()
    const order = await drain(trial)
    expect(order.indexOf('normal')).toBe(4)
    expect(order.lastIndexOf('normal')).toBe(9)
  })

  it('begins nothing after it was closed, and is idle when the last one in hand has ended', async () => {
    const { gate, begun, lanes } = aGate(1, [anItem('normal'), anItem('normal')])
    gate.wake()
    gate.close()
    let idle = false
    const waiting = gate.idle().then(() => (idle = true))
    expect(idle).toBe(false)
    begun[0]?.done.resolve()
    await waiting
    expect(begun).toHaveLength(1)
    expect(lanes.normal).toHaveLength(1)
  })

  it('runs everything once, whatever waits and whatever the slots', async () => {
    const work = fc.record({ slots: fc.integer({ min: 1, max: 9 }), lanes: fc.array(fc.constantFrom(...LANES)) })
    await fc.assert(
      fc.asyncProperty(work, async ({ slots, lanes }) => {
        const trial = aGate(slots, lanes.map(anItem))
        trial.gate.wake()
        expect(trial.begun.length).toBeLessThanOrEqual(slots)
        expect((await drain(trial)).toSorted()).toEqual(lanes.toSorted())
      }),
      { numRuns: 50 },
    )
  })
})
