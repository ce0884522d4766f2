import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from '@mooring/core'

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 10_000

export interface Task {
  /** Ends the pause between two turns; during a turn it leads to another one right after. */
  wake(): void
  /** Resolves when the last turn is over; never rejects. */
  ended: Promise<void>
}

export interface TaskOptions {
  /** Named in the log. */
  name: string
  /** Does what is to be done now; returns the milliseconds until the next turn. */
  turn: () => Promise<number>
  log: Log
  /** No turn begins after it is aborted. */
  signal: AbortSignal
}

/**
 * Takes turns until the signal. A turn that breaks (the database is away) is told once and tried again, with growing
 * pauses up to 10 s, for as long as it takes.
 */
export function runTask({ name, turn, log, signal }: TaskOptions): Task {
  let interrupt = new AbortController()
  const wake = () => interrupt.abort()
  signal.addEventListener('abort', wake)

  async function run(): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      interrupt = new AbortController()
      let pauseMs: number
      try {
        pauseMs = await turn()
        if (failures > 0) log.info({ task: name, failures }, 'task works again')
        failures = 0
      } catch (error) {
        failures += 1
        if (failures === 1) log.warn({ task: name, err: error }, 'task failed, trying again')
        pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS)
      }
      if (!signal.aborted) await sleep(pauseMs, interrupt.signal)
    }
    signal.removeEventListener('abort', wake)
  }

  return { wake, ended: run() }
}

/** Ends early, without an error, when the signal is aborted. */
const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  pause(ms, undefined, { signal }).catch(() => undefined)
