import { HOUR, SECOND, after } from '../clock.ts'

const FIRST_RETRY_MS = 5 * SECOND
const LONGEST_RETRY_MS = 1 * HOUR

/**
 * When to try again after the `attempt`-th failure (1, 2, …): 5 s doubling to an hour, each drawn from the upper half
 * of its interval, so that ten thousand domains that failed together do not come back together.
 *
 * @param notBefore a floor, such as a CA's Retry-After
 * @param random in [0, 1)
 */
export function nextRetry(
  attempt: number,
  now: Date,
  notBefore: Date | null,
  random: () => number = Math.random,
): Date {
  const interval = Math.min(FIRST_RETRY_MS * 2 ** Math.max(0, attempt - 1), LONGEST_RETRY_MS)
  const drawn = after(now, interval / 2 + (random() * interval) / 2)
  return notBefore !== null && notBefore > drawn ? notBefore : drawn
}
