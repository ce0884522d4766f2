import type { RecordSet } from '@mooring/core'

/** A host that knows records, each with an id and one value, and no sets. */
export interface SingleRecord<Id> {
  id: Id
  type: RecordSet['type']
  value: string
  ttlSeconds: number
}

export interface RecordEdits<Id> {
  update: { id: Id; value: string }[]
  create: string[]
  remove: Id[]
}

/**
 * The fewest edits that turn the records of one name and type into the set. A record in the way is rewritten rather than
 * replaced, so that the name is never without an answer and a CNAME never has company.
 */
export function editsTowards<Id>(
  set: Pick<RecordSet, 'type' | 'values' | 'ttlSeconds'>,
  present: readonly SingleRecord<Id>[],
): RecordEdits<Id> {
  const key = (value: string) => canonicalValue(set.type, value)
  const missing = new Map(set.values.map((value) => [key(value), value]))
  const spare: SingleRecord<Id>[] = []
  const update: RecordEdits<Id>['update'] = []
  for (const record of present) {
    const value = missing.get(key(record.value))
    if (value === undefined) {
      spare.push(record)
      continue
    }
    missing.delete(key(value))
    if (record.ttlSeconds !== set.ttlSeconds) update.push({ id: record.id, value })
  }
  const absent = [...missing.values()]
  const rewritten = spare.slice(0, absent.length).map(({ id }, index) => ({ id, value: absent[index] ?? '' }))
  return {
    update: [...update, ...rewritten],
    create: absent.slice(rewritten.length),
    remove: spare.slice(rewritten.length).map(({ id }) => id),
  }
}

/** The records of one name as sets; a set has the shortest time to live of its records. */
export function groupIntoSets<Id>(name: string, records: readonly SingleRecord<Id>[]): RecordSet[] {
  return [...Map.groupBy(records, ({ type }) => type)].map(([type, ofType]) => ({
    name,
    type,
    ttlSeconds: Math.min(...ofType.map(({ ttlSeconds }) => ttlSeconds)),
    values: ofType.map(({ value }) => value),
  }))
}

/** Hosts store IPv6 addresses in their short form (RFC 5952) and names in lower case. */
function canonicalValue(type: RecordSet['type'], value: string): string {
  if (type === 'CNAME') return withoutDot(value)
  return type === 'AAAA' && URL.canParse(`http://[${value}]`) ? new URL(`http://[${value}]`).hostname : value
}

export const withoutDot = (name: string): string => name.toLowerCase().replace(/\.$/, '')

const RECORD_TYPES: readonly string[] = ['A', 'AAAA', 'CNAME', 'TXT'] satisfies RecordSet['type'][]

/** Hosts list other types, too, which are none of ours. */
export const isRecordType = (type: string | undefined): type is RecordSet['type'] =>
  type !== undefined && RECORD_TYPES.includes(type)
