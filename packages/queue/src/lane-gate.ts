import { LANES, type Lane } from '@mooring/core'

/** A lane that was passed over this often goes next, however urgent the others are. */
const PATIENCE = 4

export interface LaneGate {
  /** Something was put into a lane: begin it if a slot is free. */
  wake(): void
  /** Begins nothing more. */
  close(): void
  /** Resolves when nothing is in hand. */
  idle(): Promise<void>
}

/**
 * Runs what waits in `lanes` on `slots` slots over all of them: the most urgent lane first, except that one which was
 * passed over four times in a row has its turn. So every lane moves, with a single slot too.
 *
 * `run` must not reject. Whoever fills a lane may also empty it.
 */
export function createLaneGate<Item>({
  slots,
  lanes,
  run,
}: {
  slots: number
  lanes: Record<Lane, Item[]>
  run: (item: Item) => Promise<void>
}): LaneGate {
  const passedOver = Object.fromEntries(LANES.map((lane) => [lane, 0])) as Record<Lane, number>
  let running = 0
  let open = true
  let onIdle: (() => void)[] = []

  function next(): Item | undefined {
    if (!open) return undefined
    const waiting = LANES.filter((lane) => lanes[lane].length > 0)
    const chosen = waiting.find((lane) => passedOver[lane] >= PATIENCE) ?? waiting[0]
    if (chosen === undefined) return undefined
    for (const lane of waiting) passedOver[lane] += 1
    passedOver[chosen] = 0
    return lanes[chosen].shift()
  }

  function wake(): void {
    while (running < slots) {
      const item = next()
      if (item === undefined) return
      running += 1
      void run(item).finally(release)
    }
  }

  function release(): void {
    running -= 1
    wake()
    if (running > 0) return
    for (const resolve of onIdle) resolve()
    onIdle = []
  }

  return {
    wake,
    close() {
      open = false
    },
    async idle() {
      if (running > 0) await new Promise<void>((resolve) => onIdle.push(resolve))
    },
  }
}
