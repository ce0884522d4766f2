import { closeSync, openSync, readSync, statSync } from 'node:fs'

/** Reads what nginx has logged since a moment. */
export interface LogTail {
  /** Messages since the tail was opened. */
  read(): string[]
}

const LONGEST = 1_000_000

export function tailFromNow(path: string): LogTail {
  let offset = sizeOf(path)
  let rest = ''
  const seen: string[] = []
  return {
    read() {
      const size = sizeOf(path)
      if (size < offset) offset = 0 // Rotated.
      if (size > offset) {
        const lines = (rest + readFrom(path, offset, Math.min(size - offset, LONGEST))).split('\n')
        rest = lines.pop() ?? ''
        offset = size
        seen.push(...lines)
      }
      return seen
    },
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function readFrom(path: string, offset: number, length: number): string {
  const file = openSync(path, 'r')
  try {
    const buffer = Buffer.alloc(length)
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, length, offset))
  } finally {
    closeSync(file)
  }
}
