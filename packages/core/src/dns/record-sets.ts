import ipaddr from 'ipaddr.js'
import type { RecordSet } from '../ports.ts'

/** Whether both say the same to a resolver: order does not count, nor how an address or a name is spelled. */
export function haveSameValues(one: RecordSet, other: RecordSet): boolean {
  const [left, right] = [normalValues(one), normalValues(other)]
  return one.type === other.type && left.size === right.size && [...left].every((value) => right.has(value))
}

const normalValues = ({ type, values }: RecordSet) => new Set(values.map((value) => normal(type, value)))

function normal(type: RecordSet['type'], value: string): string {
  if (type === 'CNAME') return value.toLowerCase().replace(/\.$/, '')
  if (type === 'TXT') return value
  return ipaddr.isValid(value) ? ipaddr.parse(value).toNormalizedString() : value
}

const MAX_SHOWN = 5
const MAX_SHOWN_LENGTH = 200

/** `CNAME edge.example`, `TXT "a" "b"`: bounded, because zones may hold thousands of values. */
export function showSet({ type, values }: Pick<RecordSet, 'type' | 'values'>): string {
  const shown = values.slice(0, MAX_SHOWN).map((value) => {
    const text = value.length > MAX_SHOWN_LENGTH ? `${value.slice(0, MAX_SHOWN_LENGTH)}…` : value
    return type === 'TXT' ? `"${text}"` : text
  })
  const more = values.length > MAX_SHOWN ? ` and ${values.length - MAX_SHOWN} more` : ''
  return `${type} ${shown.join(' ')}${more}`
}
