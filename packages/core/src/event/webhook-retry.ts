import { DAY, HOUR, MINUTE, SECOND } from '../clock.ts'

/** Standard Webhooks' schedule, to which a platform that is away for the weekend comes back in time. */
const DELAYS_MS = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, DAY]
/** Up to so much longer, at random: who comes back is not met by everything at once. */
const JITTER = 0.2

/**
 * How long to wait after the `attempt`th failed try (from 1), in milliseconds; null: give up. What the receiver asked for
 * (`floorMs`) is a floor, of a day at most.
 */
export function webhookRetryDelay(attempt: number, floorMs: number | null, random: () => number): number | null {
  const delay = DELAYS_MS[attempt - 1]
  if (delay === undefined) return null
  return Math.max(Math.round(delay * (1 + random() * JITTER)), Math.min(floorMs ?? 0, DAY))
}
