import type { Service } from '../api/services.ts'
import { count } from '../parts/words.ts'

/** More names than these in one cell, and nobody reads them. */
const MOST_NAMED = 5

/** How far the edges are with a service's last change, in words, and whether somebody has to be waited for. */
export function reachOf({ applied, pending, silent }: Service['edges']): { text: string; isComplete: boolean } {
  const missing = [
    ...(pending.length === 0 ? [] : [`waiting for ${list(pending)}`]),
    ...(silent.length === 0 ? [] : [`${list(silent)} not heard of`]),
  ]
  if (missing.length > 0) return { text: missing.join('; '), isComplete: false }
  if (applied === 0) return { text: 'no edge yet', isComplete: true }
  return { text: applied === 1 ? 'on the only edge' : `on all ${count(applied)} edges`, isComplete: true }
}

function list(names: string[]): string {
  const named = names.slice(0, MOST_NAMED).join(', ')
  return names.length > MOST_NAMED ? `${named} and ${count(names.length - MOST_NAMED)} more` : named
}
