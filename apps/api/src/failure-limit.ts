import type { Clock } from '@mooring/core'
import { Refusal } from './problem.ts'

/** Counts failures of a key, such as an address or an account, and refuses more of them for a while. */
export interface FailureLimit {
  /** Throws `RATE_LIMITED` while the key has had too many. */
  assertBelow(key: string): void
  /** One more. Noted before the attempt, so that many at once are not all let through. */
  note(key: string): void
  /** The attempt did not fail after all. */
  takeBack(key: string): void
  /** Whoever it was has shown who he is. */
  forget(key: string): void
}

/** More keys than that are not worth their memory: the oldest are forgotten. */
const MOST_KEYS = 10_000

/** Counted by this process alone, and forgotten with it: each of several APIs lets as many through. */
export function createFailureLimit(most: number, windowMs: number, clock: Clock): FailureLimit {
  const failures = new Map<string, { count: number; until: number }>()

  const current = (key: string) => {
    const found = failures.get(key)
    if (found === undefined || found.until > clock.now().getTime()) return found
    failures.delete(key)
    return undefined
  }
  const add = (key: string) => {
    const [oldest] = failures.keys()
    if (failures.size >= MOST_KEYS && oldest !== undefined) failures.delete(oldest)
    failures.set(key, { count: 1, until: clock.now().getTime() + windowMs })
  }

  return {
    assertBelow(key) {
      const found = current(key)
      if (found === undefined || found.count < most) return
      throw rateLimited('Too many attempts failed.', found.until - clock.now().getTime())
    },
    note(key) {
      const found = current(key)
      if (found === undefined) add(key)
      else found.count += 1
    },
    takeBack(key) {
      const found = current(key)
      if (found !== undefined) found.count -= 1
    },
    forget: (key) => void failures.delete(key),
  }
}

export function rateLimited(why: string, ms: number): Refusal {
  const seconds = Math.max(1, Math.ceil(ms / 1000))
  return new Refusal('RATE_LIMITED', `${why} Try again in ${seconds} s.`, {
    headers: { 'retry-after': String(seconds) },
  })
}
