import { vi } from 'vitest'

/** Holds before long: on a busy machine "at once" takes seconds, and a wait that is over early costs nothing. */
export const soon = <T>(assertion: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(assertion, { timeout: 20_000, interval: 20 })
