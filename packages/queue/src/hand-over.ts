import type { DeadLetter, Log } from '@mooring/core'
import { backoffMs, pause } from './pause.ts'

/**
 * Hands one dead letter over until it is taken, or until `signal`; resolves to whether it was. What cannot be stored
 * now (the database is away) is tried again here: given back to the broker, it would count as delivered in vain, and a
 * letter that dies twice is gone.
 */
export async function handOver(
  letter: DeadLetter,
  { handle, signal, log }: { handle: (letter: DeadLetter) => Promise<void>; signal: AbortSignal; log: Log },
): Promise<boolean> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      await handle(letter)
      return true
    } catch (error) {
      const tell = failures === 1 ? log.warn.bind(log) : log.debug.bind(log)
      tell({ err: error, code: letter.code, failures }, 'dead letter not taken, trying again')
      await pause(backoffMs(failures, { firstMs: 500, longestMs: 30_000 }), signal)
    }
  }
  return false
}
