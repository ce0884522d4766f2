/** A value that takes a call to get, and is shared by everybody once it is there. */
export interface Once<T> {
  /** Joins the call under way or starts one. A failure is not kept: the next caller starts anew. */
  get(signal: AbortSignal): Promise<T>
  /** The next `get` starts anew, if `value` is still the one that is kept. */
  forget(value: T): void
}

/**
 * The call gets no caller's signal, because others may be waiting for it too; it must be bounded by itself. A caller
 * that gives up stops waiting, not the call.
 */
export function createOnce<T>(make: () => Promise<T>): Once<T> {
  let shared: Promise<T> | null = null
  let kept: T | undefined
  const start = (): Promise<T> => {
    const call = make()
    call.then(
      (value) => void (kept = value),
      () => void (shared = null),
    )
    return call
  }
  return {
    async get(signal) {
      signal.throwIfAborted()
      if (kept !== undefined) return kept
      shared ??= start()
      return untilAborted(shared, signal)
    },
    forget(value) {
      if (kept !== value) return
      // Others may forget the same value while the next one is under way, and join that.
      kept = undefined
      shared = null
    },
  }
}

async function untilAborted<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([call, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
