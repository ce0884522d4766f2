import { setTimeout as pause } from 'node:timers/promises'
import type { EventStream, StreamedEvent } from '@mooring/core'
import { afterEach, expect, it, vi } from 'vitest'
import { createEventHub, type EventHub } from './event-hub.ts'

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
let hub: EventHub
afterEach(() => hub.end())

/** A table whose end is always a page away. */
const endless: EventStream = {
  end: async () => ({ tx: 1, id: 1 }),
  isResumable: async () => true,
  async read({ tx, id }) {
    await pause(1)
    return { events: [anEvent(id + 1)], next: { tx, id: id + 1 }, isEnd: false }
  },
}

const anEvent = (id: number): StreamedEvent => ({
  place: { tx: 1, id },
  id,
  at: new Date(),
  type: 'domain.active',
  actor: 'api',
  data: {},
  domainId: 'dom_1',
  hostname: 'shop.example.com',
  tenant: 'acme',
  state: 'active',
})

it('cuts a stream that takes nothing of what it missed', async () => {
  const drained = vi.fn((ms: number) => pause(ms, false))
  const [write, cut] = [vi.fn(), vi.fn()]
  hub = createEventHub({ stream: endless, log: silent, stallMs: 20 })
  hub.add({
    filter: { tenant: null, domain: null, types: null },
    from: { tx: 1, id: 0 },
    write,
    backlog: () => 0,
    drained,
    end: vi.fn(),
    cut,
  })
  await vi.waitFor(() => expect(cut).toHaveBeenCalledOnce())
  const told = write.mock.calls.length
  expect(drained).toHaveBeenCalledExactlyOnceWith(20)
  await pause(50)
  expect(write, 'it is told nothing more').toHaveBeenCalledTimes(told)
})
