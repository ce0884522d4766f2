import { setTimeout as pause } from 'node:timers/promises'
import { SECOND, after } from '@mooring/core'
import type { AcmeClient } from './client.ts'
import { type Order, readOrder } from './order.ts'

/** A worker's slot is not held for longer; the domain comes back later instead. */
const BUDGET_MS = 3 * SECOND
const FIRST_WAIT_MS = 5
const LONGEST_WAIT_MS = 250

export interface Poll {
  orderUrl: string
  /** The status that the order is expected to leave. */
  leaves: Order['status']
  /** From the answer before the first read. */
  retryAt: Date | null
  signal: AbortSignal
}

/**
 * Reads the order until its status is another, waiting a few milliseconds at first and a quarter of a second at most.
 * Retry-After is a floor under every wait; when that exceeds the budget, the answer is when to come back.
 */
export async function pollOrder(
  client: AcmeClient,
  { orderUrl, leaves, retryAt, signal }: Poll,
): Promise<Order | { retryAt: Date }> {
  const giveUpAt = performance.now() + BUDGET_MS
  let waitMs = FIRST_WAIT_MS
  let floor = retryAt
  for (;;) {
    const now = client.clock.now()
    const nextMs = Math.max(waitMs, floor === null ? 0 : floor.getTime() - now.getTime())
    if (performance.now() + nextMs > giveUpAt) return { retryAt: floor ?? after(now, SECOND) }
    await pauseUntilAborted(nextMs, signal)

    const order = await readOrder(client, orderUrl, signal)
    if (order.status !== leaves) return order
    floor = order.retryAt
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
  }
}

/** Rejects with the signal's own reason, as everything else here does. */
const pauseUntilAborted = (ms: number, signal: AbortSignal): Promise<void> =>
  pause(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
