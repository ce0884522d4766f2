import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { DAY, type Log, type TrafficPiece, type TrafficSource } from '@mooring/core'
import { ignoreMissing } from './durable-files.ts'
import type { NginxProcess } from './nginx-process.ts'
import { countLines } from './traffic-lines.ts'

/** Read at once: some thirty thousand requests, which bounds what is held and for how long the process is busy. */
const PART_BYTES = 2_000_000
/** Longer without a control plane, and the oldest pieces go: below what it remembers of batches. */
const KEPT_MS = 2 * DAY
/** The access log is the operator's to rotate; where nobody does, it must not fill the disk. */
const LONGEST_ACCESS_LOG = 256_000_000

/**
 * nginx writes one short line per request to `logs/traffic.log`, without anything of the visitor. A cut renames the file
 * to a piece in `traffic/` and has nginx open a new one (SIGUSR1), so that no line is in two pieces and none in no piece.
 * A piece stays until it is reported: a process that is killed anywhere counts it again, under the same name, to the same
 * rows.
 */
export function createTrafficLog(options: {
  dir: string
  nginx: NginxProcess
  partBytes?: number
  log: Log
}): TrafficSource {
  const { dir, nginx, partBytes = PART_BYTES, log } = options
  const current = join(dir, 'logs', 'traffic.log')
  const accessLog = join(dir, 'logs', 'access.log')
  const folder = join(dir, 'traffic')
  /** How far the oldest piece is reported. */
  const progress = { name: '', offset: 0 }
  let waiting = 0

  function reopen(): void {
    const master = nginx.findMaster()
    if (master !== null) nginx.reopen(master)
  }

  async function pieces(): Promise<string[]> {
    const names = (await readdir(folder).catch(noFolder)).filter((name) => PIECE.test(name)).sort()
    waiting = names.length
    return names
  }

  return {
    waiting: () => waiting,

    async cut() {
      await mkdir(folder, { recursive: true, mode: 0o755 })
      await dropOld(folder, await pieces(), log)
      const size = await sizeOf(current)
      if (size === 0) return
      if (size !== null) await rename(current, join(folder, pieceName()))
      if (((await sizeOf(accessLog)) ?? 0) > LONGEST_ACCESS_LOG) await rename(accessLog, `${accessLog}.1`)
      // Also where there was no file: whoever renamed it died before nginx was told.
      reopen()
      await pieces()
    },

    async next() {
      const [name] = await pieces()
      // Until nginx has opened the new file, it may write to the piece.
      if (name === undefined || ((await sizeOf(current)) === null && nginx.findMaster() !== null)) return null
      if (name !== progress.name) Object.assign(progress, { name, offset: 0 })
      const path = join(folder, name)
      const { text, end, isLast } = await readPart(path, progress.offset, partBytes)
      const part = `${name}.${progress.offset}`
      const piece: TrafficPiece = {
        name: part,
        ...countLines(text),
        async settle() {
          progress.offset = end
          if (isLast) await unlink(path).catch(ignoreMissing)
          await pieces()
        },
      }
      return piece
    },
  }
}

// Sorts by time. The random part tells pieces apart that a clock set back would give one name.
const pieceName = (): string => `${String(Date.now()).padStart(14, '0')}-${randomBytes(6).toString('hex')}`
const PIECE = /^\d{14}-[0-9a-f]{12}$/

async function dropOld(folder: string, names: string[], log: Log): Promise<void> {
  const old = names.filter((name) => Number(name.slice(0, 14)) < Date.now() - KEPT_MS)
  if (old.length === 0) return
  log.warn({ pieces: old.length }, 'traffic that could not be reported for two days is given up')
  for (const name of old) await unlink(join(folder, name)).catch(ignoreMissing)
}

/** Whole lines only, and the same parts each time: a piece does not change any more. */
async function readPart(
  path: string,
  offset: number,
  bytes: number,
): Promise<{ text: string; end: number; isLast: boolean }> {
  const file = await open(path, 'r')
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, offset)
    const isLast = bytesRead < bytes
    const whole = isLast ? bytesRead : buffer.lastIndexOf('\n') + 1
    // A line longer than a part is none of ours.
    const length = whole === 0 ? bytesRead : whole
    return { text: buffer.toString('latin1', 0, length), end: offset + length, isLast }
  } finally {
    await file.close()
  }
}

async function sizeOf(path: string): Promise<number | null> {
  const found = await stat(path).catch(ignoreMissing)
  return found?.size ?? null
}

function noFolder(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return []
  throw error
}
