import type { RecordSet } from '../ports.ts'
import { type Mark, markNameOf, readMark } from './record-mark.ts'

/** What stands at a name, sorted by whose it is. */
export interface Standing {
  name: string
  markName: string | null
  markSet: RecordSet | null
  /** Null when there is none, or none of ours: then nothing here is ours. */
  mark: Mark | null
  own: RecordSet[]
  foreign: RecordSet[]
}

export function standingAt(name: string, present: readonly RecordSet[], owner: string): Standing {
  const markName = markNameOf(name)
  const standingMark = present.find((set) => set.name === markName && set.type === 'TXT') ?? null
  const read = standingMark === null ? null : readMark(standingMark)
  const mark = read?.owner === owner ? read : null
  const here = present.filter((set) => set.name === name)
  const isOwn = ({ type }: RecordSet) => mark?.types.includes(type) ?? false
  const [own, foreign] = [here.filter(isOwn), here.filter((set) => !isOwn(set))]
  return { name, markName, markSet: standingMark, mark, own, foreign }
}
