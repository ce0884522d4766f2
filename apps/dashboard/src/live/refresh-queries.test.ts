import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createRefresher, LIVE, type Refresher } from './refresh-queries.ts'

let client: QueryClient
let refresher: Refresher
beforeEach(() => {
  vi.useFakeTimers()
  client = new QueryClient()
  refresher = createRefresher(client)
})
afterEach(() => {
  refresher.stop()
  client.clear()
  vi.useRealTimers()
})

const SHOP = { domain_id: 'dom_1', hostname: 'shop.example.com' }
const ANOTHER = { domain_id: 'dom_2', hostname: 'www.example.net' }

/** A part of the page that shows a query; returns how often it has asked. */
async function shown(meta: object): Promise<() => number> {
  const queryFn = vi.fn(async () => 'read')
  new QueryObserver(client, { queryKey: [JSON.stringify(meta)], queryFn, meta }).subscribe(() => undefined)
  await vi.advanceTimersByTimeAsync(0)
  return () => queryFn.mock.calls.length
}

it('a list is asked for again after an event of any domain, once per its time', async () => {
  const asked = await shown(LIVE.list)
  for (let second = 0; second < 8; second++) {
    refresher.note(second % 2 === 0 ? SHOP : ANOTHER)
    await vi.advanceTimersByTimeAsync(1_000)
  }
  expect(asked()).toBe(3)
})

it.each(['dom_1', 'shop.example.com'])(
  'a domain shown as %s is asked for after its own events, and not after another’s',
  async (name) => {
    const asked = await shown(LIVE.domain(name))
    refresher.note(ANOTHER)
    await vi.advanceTimersByTimeAsync(4_000)
    expect(asked()).toBe(1)
    refresher.note(SHOP)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(asked()).toBe(2)
  },
)

it('a domain is asked for after five seconds without an event', async () => {
  const asked = await shown(LIVE.domain('dom_1'))
  await vi.advanceTimersByTimeAsync(6_000)
  expect(asked()).toBe(2)
})

it('when events were missed, everything is asked for', async () => {
  const asked = [await shown(LIVE.domain('dom_1')), await shown(LIVE.domain('dom_2'))]
  await vi.advanceTimersByTimeAsync(3_500)
  refresher.note(null)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(asked.map((count) => count())).toEqual([2, 2])
})

it('an event of one among thousands is not missed', async () => {
  const asked = await shown(LIVE.domain('dom_1'))
  await vi.advanceTimersByTimeAsync(3_500)
  refresher.note(SHOP)
  for (let n = 0; n < 3_000; n++) refresher.note({ domain_id: `dom_x${n}`, hostname: `n${n}.example.org` })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(asked()).toBe(2)
})
