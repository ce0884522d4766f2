import { HOUR, SECOND } from '../clock.ts'

const FIRST_DELAY_MS = 5 * SECOND
const LONGEST_DELAY_MS = HOUR
/** With the delays below, a channel may be away for about four hours before a message is given up. */
const MAX_ATTEMPTS = 13

/**
 * How long to wait after the `attempt`th failed try (from 1), in milliseconds; null: give up.
 *
 * Doubles from 5 s to an hour, each between half and the whole of it so that a channel that comes back is not met by
 * everything at once. What the channel asked for (`floorMs`) is a floor.
 */
export function deliveryRetryDelay(attempt: number, floorMs: number | null, random: () => number): number | null {
  if (attempt >= MAX_ATTEMPTS) return null
  const longest = Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), LONGEST_DELAY_MS)
  return Math.max(Math.round(longest * (0.5 + random() / 2)), floorMs ?? 0)
}
