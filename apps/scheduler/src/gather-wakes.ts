// The API publishes its own hints in the milliseconds after its commit: let it, and take what is left.
const FIRST_MS = 10
// A launch makes several notifications; hundreds at once make thousands, and one look serves them all.
const PACE_MS = 50

/** Passes on the first of a burst of calls after 10 ms, and then one every 50 ms at most. */
export function gatherWakes(wake: () => void): { notice(): void; stop(): void } {
  let timer: NodeJS.Timeout | null = null
  let lastAt = 0
  return {
    notice() {
      timer ??= setTimeout(
        () => {
          timer = null
          lastAt = Date.now()
          wake()
        },
        Math.max(FIRST_MS, lastAt + PACE_MS - Date.now()),
      )
    },
    stop() {
      if (timer !== null) clearTimeout(timer)
    },
  }
}
