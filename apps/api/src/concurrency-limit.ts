import { Refusal } from './problem.ts'

/** Runs work of a key unless too much of it runs already. */
export type ConcurrencyLimit = <Answer>(key: string, work: () => Promise<Answer>) => Promise<Answer>

/**
 * Lets `most` pieces of work of one key run at once, and throws `TOO_MANY_REQUESTS` for more. Counted by this process
 * alone: what is limited is what one caller can have it do at a time.
 */
export function createConcurrencyLimit(most: number, retryAfterSeconds: number): ConcurrencyLimit {
  const running = new Map<string, number>()
  const count = (key: string, by: 1 | -1) => {
    const now = (running.get(key) ?? 0) + by
    if (now === 0) running.delete(key)
    else running.set(key, now)
  }
  return async (key, work) => {
    if ((running.get(key) ?? 0) >= most) {
      throw new Refusal('TOO_MANY_REQUESTS', `At most ${most} of these run at once for one key.`, {
        headers: { 'retry-after': String(retryAfterSeconds) },
      })
    }
    count(key, 1)
    try {
      return await work()
    } finally {
      count(key, -1)
    }
  }
}
