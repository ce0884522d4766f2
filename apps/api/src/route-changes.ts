/** Wakes the polls of edges when routes of their pool change. */
export interface RouteChanges {
  /** How often the pool has changed so far, as this process was told. Read it before looking at the routes. */
  count(pool: string): number
  /** Resolves once the pool has changed more than `seen` times, when `signal` aborts, or at the end. */
  wait(pool: string, seen: number, signal: AbortSignal): Promise<void>
  /** Wakes every poll for good: the process stops. */
  end(): void
  isEnded(): boolean
}

export function createRouteChanges(onRoutesChanged: (listener: (pool: string) => void) => void): RouteChanges {
  const counts = new Map<string, number>()
  const waiting = new Map<string, Set<() => void>>()
  // Times that changes may have been missed, in any pool.
  let gaps = 0
  let ended = false

  const wake = (pool: string) => waiting.get(pool)?.forEach((resolve) => resolve())
  const wakeAll = () => [...waiting.keys()].forEach(wake)
  const count = (pool: string) => (counts.get(pool) ?? 0) + gaps

  onRoutesChanged((pool) => {
    if (pool === '') {
      gaps += 1
      wakeAll()
    } else {
      counts.set(pool, (counts.get(pool) ?? 0) + 1)
      wake(pool)
    }
  })

  return {
    count,
    wait(pool, seen, signal) {
      if (ended || signal.aborted || count(pool) > seen) return Promise.resolve()
      const { promise, resolve } = Promise.withResolvers<void>()
      const resolvers = waiting.get(pool) ?? new Set()
      waiting.set(pool, resolvers.add(resolve))
      signal.addEventListener('abort', () => resolve(), { once: true })
      return promise.finally(() => resolvers.delete(resolve))
    },
    end() {
      ended = true
      wakeAll()
    },
    isEnded: () => ended,
  }
}
