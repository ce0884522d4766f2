import { eventually } from './processes.ts'
import type { Visit } from './visit.ts'

/**
 * Visits again and again until it is stopped, and tells what was seen in a row, each once: `200 ada`, `200 ben`. An
 * error is told as one: nothing that a visitor would notice goes unseen.
 */
export function followSite(visit: () => Promise<Visit>): { stop(): Promise<string[]> } {
  const seen: string[] = []
  let visits = 0
  const ending = new AbortController()
  const look = async (): Promise<string> => {
    try {
      const { status, body } = await visit()
      return status === 200 ? `200 ${JSON.parse(body).site}` : String(status)
    } catch (error) {
      return String(error)
    }
  }
  const following = (async () => {
    while (!ending.signal.aborted) {
      const now = await look()
      visits += 1
      if (seen.at(-1) !== now) seen.push(now)
    }
  })()
  return {
    async stop() {
      // What is there at the end is seen as well.
      const last = visits + 2
      await eventually('it was visited once more', () => visits >= last)
      ending.abort()
      await following
      return seen
    },
  }
}
