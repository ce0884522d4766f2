import { readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'

export interface PidFile {
  pid: number
  /** Its last line says `ready` once the server takes connections (src/include/utils/pidfile.h). */
  isReady: boolean
  /** A process with that id works in that data folder: an id alone may have been given to another since. */
  isAlive: boolean
}

/** `postmaster.pid` of a data folder; null when there is none. */
export async function readPidFile(data: string): Promise<PidFile | null> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => null)
  if (text === null) return null
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 1) return null
  return { pid, isReady: lines[7]?.trim() === 'ready', isAlive: await worksIn(pid, data) }
}

async function worksIn(pid: number, data: string): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch {
    return false // Gone, or another user's: ours could be signalled.
  }
  // PostgreSQL changes into its data folder. Where there is no /proc, the id alone has to do.
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => data)
  return folder === data
}
