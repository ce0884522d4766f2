import { setTimeout as timer } from 'node:timers/promises'

/**
 * How long to wait after the `failures`-th failure in a row (1, 2, …): doubling, each drawn from the upper half of its
 * interval, so that a fleet that lost its broker does not come back in one instant.
 */
export function backoffMs(failures: number, { firstMs, longestMs }: { firstMs: number; longestMs: number }): number {
  const interval = Math.min(firstMs * 2 ** (failures - 1), longestMs)
  return interval / 2 + (Math.random() * interval) / 2
}

/** Waits that long, or until the signal: never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await timer(ms, undefined, { signal }).catch(() => undefined)
}

/** Whether the promise settled in time. */
export async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  const late = new AbortController()
  try {
    return await Promise.race([promise.then(() => true), pause(ms, late.signal).then(() => false)])
  } finally {
    late.abort()
  }
}
