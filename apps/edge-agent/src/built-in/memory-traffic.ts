import { randomUUID } from 'node:crypto'
import {
  type AnsweredRequest,
  MINUTE,
  type TrafficCount,
  type TrafficPiece,
  type TrafficSource,
  addRequest,
  noTraffic,
} from '@mooring/core'

/** Two days of pieces, one a minute. */
const MOST_PIECES = 2_880

export interface MemoryTraffic extends TrafficSource {
  /** `hostname` is the name that served it; null where none did. */
  add(hostname: string | null, request: AnsweredRequest): void
}

type Gathered = Omit<TrafficPiece, 'settle'>

/** Counts of the built-in server, which die with it. As many as there are names and minutes. */
export function createMemoryTraffic(): MemoryTraffic {
  let counts = new Map<string, TrafficCount & { hostname: string; minute: Date }>()
  let unrouted = 0
  const pieces: Gathered[] = []
  return {
    add(hostname, request) {
      if (hostname === null) {
        unrouted += 1
        return
      }
      const minute = new Date(Math.floor(Date.now() / MINUTE) * MINUTE)
      const key = `${hostname} ${minute.getTime()}`
      const count = counts.get(key) ?? { hostname, minute, ...noTraffic() }
      counts.set(key, count)
      addRequest(count, request)
    },
    waiting: () => pieces.length,
    async cut() {
      if (counts.size === 0 && unrouted === 0) return
      pieces.push({ name: randomUUID(), rows: [...counts.values()], unrouted })
      if (pieces.length > MOST_PIECES) pieces.shift()
      counts = new Map()
      unrouted = 0
    },
    async next() {
      const [piece] = pieces
      if (piece === undefined) return null
      const settle = async () => {
        if (pieces[0] === piece) pieces.shift()
      }
      return { ...piece, settle }
    },
  }
}
