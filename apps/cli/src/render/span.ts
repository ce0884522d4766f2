const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const

/** A length of time as it is said, in its largest unit: `45 s`, `12 min`, `3 h`, `80 d`. */
export function spanOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const [unit, length] = UNITS.find(([, each]) => seconds >= each * 2) ?? ['s', 1]
  return `${Math.floor(seconds / length)} ${unit}`
}

/** `3 min ago`, as the machine's own clock has it; `never` without a time. */
export function agoOf(time: string | null, now: Date): string {
  return time === null ? 'never' : `${spanOf(now.getTime() - Date.parse(time))} ago`
}

/** `in 3 min`, or `now` for what is due; a dash without a time. */
export function aheadOf(time: string | null, now: Date): string {
  if (time === null) return '-'
  const ms = Date.parse(time) - now.getTime()
  return ms < 1_000 ? 'now' : `in ${spanOf(ms)}`
}

/** `1:07` or `1:02:07`: of what is watched while it lasts. */
export function clockOf(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const padded = (count: number) => String(count).padStart(2, '0')
  const rest = `${hours > 0 ? padded(minutes) : minutes}:${padded(seconds % 60)}`
  return hours > 0 ? `${hours}:${rest}` : rest
}
