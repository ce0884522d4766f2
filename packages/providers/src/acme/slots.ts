export interface Slots {
  /** Runs `work` in the next free slot, first come first served. A caller that gives up leaves the queue. */
  run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>
}

/** At most `count` pieces of work at a time. */
export function createSlots(count: number): Slots {
  let free = count
  const waiting = new Set<() => void>()

  const take = (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted()
    if (free > 0) {
      free -= 1
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiting.delete(enter)
        reject(signal.reason)
      }
      const enter = () => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      waiting.add(enter)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  // A slot is handed on without becoming free in between, so that a newcomer cannot overtake.
  const give = (): void => {
    const [next] = waiting
    if (next === undefined) {
      free += 1
      return
    }
    waiting.delete(next)
    next()
  }

  return {
    async run(signal, work) {
      await take(signal)
      try {
        return await work()
      } finally {
        give()
      }
    },
  }
}
