import { randomBytes } from 'node:crypto'
import { baseOf, type Hostname, isWildcard } from '../domain/hostname.ts'

/** RFC 1035 §2.3.4, as text without the last dot. */
const MAX_LENGTH = 253

/**
 * A name to visit `hostname` by: itself, or for a wildcard some name that it covers. Other names are served beside a
 * wildcard, each before it, so that the label is drawn anew each time and nobody has it.
 */
export function nameUnder(hostname: string): string {
  if (!isWildcard(hostname)) return hostname
  const base = baseOf(hostname as Hostname)
  const label = `mooring-probe-${randomBytes(8).toString('hex')}`
  return `${label.slice(0, MAX_LENGTH - 1 - base.length)}.${base}`
}
