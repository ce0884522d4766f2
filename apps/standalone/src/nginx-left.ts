import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the edge keeps its configuration, certificates and nginx's process id. */
export const edgeFolder = (folder: string): string => join(folder, 'edge')

/** Whether an nginx serves that folder: one that outlived its agent counts. */
export function isNginxRunning(dir: string): boolean {
  return signalNginx(dir, 0)
}

/** Ends the nginx of that folder without waiting, as a process does that exits itself. */
export function endNginx(dir: string): void {
  signalNginx(dir, 'SIGTERM')
}

function signalNginx(dir: string, signal: 0 | 'SIGTERM'): boolean {
  try {
    const pid = Number(readFileSync(join(dir, 'nginx.pid'), 'utf8'))
    return pid > 1 && process.kill(pid, signal)
  } catch {
    return false // No pid file, or nobody of that id.
  }
}
