/** Lets a loop sleep until there is something to do. */
export interface WakeUp {
  wake(): void
  /** Resolves after `ms`, at the next `wake`, or when the signal aborts; at once after a `wake` nobody waited for. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

export function createWakeUp(): WakeUp {
  let isAwake = false
  let resolveWait: (() => void) | null = null
  return {
    wake() {
      isAwake = true
      resolveWait?.()
    },
    async wait(ms, signal) {
      if (!isAwake && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>()
        resolveWait = resolve
        const onAbort = (): void => resolve()
        const timer = setTimeout(resolve, ms)
        signal.addEventListener('abort', onAbort, { once: true })
        await promise
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
        resolveWait = null
      }
      isAwake = false
    },
  }
}
