import { type Limit, tokenAt, tokensLeft } from '../certificate/gcra.ts'
import { HOUR, after } from '../clock.ts'

/** Troubles told one by one before what follows is told together. */
const AT_ONCE = 2

/** How a channel stands; kept over restarts and shared by all schedulers. */
export interface ChannelPace {
  /** Of the bucket of messages, see `gcra.ts`. */
  tat: Date
  /** Until then `told` is counted; the epoch for a channel that never told anything. */
  windowUntil: Date
  told: number
}

export const NEW_PACE: ChannelPace = { tat: new Date(0), windowUntil: new Date(0), told: 0 }

export interface Pacing<Pending> {
  pace: ChannelPace
  /** One message each. */
  messages: Pending[][]
  /** Before it nothing else can go out. */
  readyAt: Date
}

/** A bucket out of which no hour, wherever it begins, gets more than `perHour`: a third at once, the rest over the hour. */
export function messageLimit(perHour: number): Limit {
  const burst = Math.max(1, Math.floor(perHour / 3))
  return { burst, refillMs: Math.ceil(HOUR / (perHour - burst + 1)) }
}

/**
 * Which of the notices that wait go out now, and in how many messages. Whatever is held back goes out together in the
 * next one: nothing is lost, and no flood of groups becomes a flood of messages.
 *
 * - Quiet: two are told one by one; more at once are one message. A window opens.
 * - Window open: up to two messages in all, then everything waits for its end.
 * - Window over, with notices that had to wait: one message for all, and a longer window, which is full from the start.
 *
 * The bucket of `limit` is above all of it.
 */
export function paceChannel<Pending extends { at: Date }>(
  pace: ChannelPace,
  pending: readonly Pending[],
  { now, limit, windowMs }: { now: Date; limit: Limit; windowMs: number },
): Pacing<Pending> {
  const bucket = { tat: pace.tat.getTime(), reserved: 0 }
  const tokens = tokensLeft(bucket, limit, limit.burst, now.getTime())
  if (pending.length === 0) return { pace, messages: [], readyAt: now }
  if (tokens < 1) {
    return { pace, messages: [], readyAt: new Date(tokenAt(bucket, limit, limit.burst, now.getTime())) }
  }
  const isOver = now >= pace.windowUntil
  const hadToWait = isBacklog(pace, pending, now)
  const allowed = isOver ? AT_ONCE : AT_ONCE - pace.told
  if (allowed < 1) return { pace, messages: [], readyAt: pace.windowUntil }

  const isFew = !hadToWait && pending.length <= Math.min(allowed, tokens)
  const messages = isFew ? pending.map((notice) => [notice]) : [[...pending]]
  const tat = new Date(Math.max(pace.tat.getTime(), now.getTime()) + messages.length * limit.refillMs)
  if (!isOver) return { pace: { ...pace, tat, told: pace.told + messages.length }, messages, readyAt: now }
  const next = hadToWait
    ? { windowUntil: after(now, windowMs), told: AT_ONCE }
    : { windowUntil: after(now, windowMs / 5), told: messages.length }
  return { pace: { tat, ...next }, messages, readyAt: now }
}

/** Whether a window ended in which notices had to wait. */
export const isBacklog = ({ windowUntil }: ChannelPace, pending: readonly { at: Date }[], now: Date): boolean =>
  now >= windowUntil && pending.some(({ at }) => at < windowUntil)
