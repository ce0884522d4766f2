const FIRST_MS = 500
const LONGEST_MS = 15_000

/** How long to wait after the n-th failure in a row (1, 2, …): doubling, drawn from the upper half of the interval. */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const interval = Math.min(FIRST_MS * 2 ** Math.max(0, failures - 1), LONGEST_MS)
  return interval / 2 + (random() * interval) / 2
}
