import { setTimeout as delay } from 'node:timers/promises'
import type { NginxProcess } from './nginx-process.ts'

/**
 * A worker holds every vhost and its certificates, about 70 kB a name, for as long as its last connection lasts. With
 * many names two generations of workers are all there is room for; with few, older ones may finish what they do.
 */
const NAMES_IN_DRAINING_WORKERS = 8_000
const MOST_DRAINING = 16
const GRACE_MS = 1_000

/** Waits for draining workers where there are too many of them, and ends what is left after a second. */
export async function makeRoom(nginx: NginxProcess, master: number, names: number): Promise<void> {
  const room = Math.min(MOST_DRAINING, Math.floor(NAMES_IN_DRAINING_WORKERS / Math.max(1, names)))
  const excess = (): number[] => {
    const draining = nginx.workersOf(master)?.filter((worker) => worker.draining) ?? []
    return draining.map(({ pid }) => pid).slice(0, Math.max(0, draining.length - room))
  }
  const deadline = performance.now() + GRACE_MS
  while (excess().length > 0 && performance.now() < deadline) await delay(10)
  nginx.terminate(master, excess())
}
