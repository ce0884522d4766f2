import { createHash } from 'node:crypto'
import { HOUR } from '../clock.ts'

/**
 * When the ownership of an active name is proved again: once a period, at a moment of the period that its id decides. A
 * hundred thousand names that became active in one afternoon are looked at evenly over the day.
 *
 * A look within the last hour (or eighth of a shorter period) stands for the one that would come right after it.
 */
export function nextReverification(domainId: string, now: Date, periodMs: number): Date {
  const offset = createHash('sha256').update(domainId).digest().readUIntBE(0, 6) % periodMs
  const earliest = now.getTime() + Math.min(HOUR, periodMs / 8)
  return new Date(Math.ceil((earliest - offset) / periodMs) * periodMs + offset)
}
