import type { RecordSet } from '../ports.ts'
import { readMark } from './record-mark.ts'
import { haveSameValues, showSet } from './record-sets.ts'
import type { Standing } from './record-standing.ts'

/** A record that stands in the way and is not this domain's. */
export interface RecordConflict {
  name: string
  type: RecordSet['type']
  values: string[]
  /** A plain sentence that names the record. */
  explanation: string
}

export function conflictsWith(
  wanted: RecordSet[],
  { name, markName, markSet, mark, foreign }: Standing,
): RecordConflict[] {
  if (markName === null) {
    const explanation = `${name} is too long: there is no room in DNS for the mark that says whose records stand there.`
    return wanted.map(({ type }) => ({ name, type, values: [], explanation }))
  }
  if (markSet !== null && mark === null) {
    const explanation =
      readMark(markSet) === null
        ? `${markName} has ${showSet(markSet)}, which Mooring did not write.`
        : `${name} has records of another domain of Mooring (marked by ${markName}).`
    return [{ name: markName, type: 'TXT', values: markSet.values, explanation }]
  }
  return foreign.flatMap((set) => {
    const { type, values } = set
    const rival = wanted.find((other) => other.type === type)
    if (wanted.some((other) => excludeEachOther(other, set))) {
      const beside = type === 'CNAME' ? 'beside which nothing else may stand' : 'beside which no CNAME may stand'
      const explanation = `${name} has ${showSet(set)}, which Mooring did not write and ${beside}.`
      return [{ name, type, values, explanation }]
    }
    if (rival === undefined || haveSameValues(rival, set)) return []
    return [{ name, type, values, explanation: `${name} has ${showSet(set)}, which Mooring did not write.` }]
  })
}

/** RFC 1034 §3.6.2: where a CNAME stands, nothing else does. */
export const excludeEachOther = (one: RecordSet, other: RecordSet): boolean =>
  one.type !== other.type && (one.type === 'CNAME' || other.type === 'CNAME')
