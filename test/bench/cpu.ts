import { readFileSync, readdirSync } from 'node:fs'

/** CPU seconds (user and system) that a process and all its descendants, living and reaped, have used so far. */
export function cpuSecondsOfTree(root: number): number {
  const parents = new Map<number, number>()
  const seconds = new Map<number, number>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const stat = statOf(Number(entry))
    if (stat === null) continue
    parents.set(Number(entry), stat.parent)
    seconds.set(Number(entry), stat.seconds)
  }
  const isBelow = (pid: number): boolean => pid === root || (parents.has(pid) && isBelow(parents.get(pid) ?? 0))
  let sum = 0
  for (const [pid, used] of seconds) if (isBelow(pid)) sum += used
  return sum
}

const TICKS_PER_SECOND = 100

// proc(5): after the command in parentheses come state, ppid, …; utime, stime, cutime, cstime are fields 14 to 17.
function statOf(pid: number): { parent: number; seconds: number } | null {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return null // It ended between the listing and the look.
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0)
  return { parent: Number(fields[1]), seconds: ticks / TICKS_PER_SECOND }
}
