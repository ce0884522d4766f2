import type { RecordSet } from '../ports.ts'
import { type RecordConflict, conflictsWith } from './record-conflicts.ts'
import { type Mark, markSet } from './record-mark.ts'
import { haveSameValues } from './record-sets.ts'
import { type Standing, standingAt } from './record-standing.ts'

/**
 * How Mooring changes a zone in which others write, too.
 *
 * What it wrote is marked by a TXT record beside it (`record-mark.ts`); everything else is somebody's and is left alone.
 * At every name the changes stand in an order that survives a crash between any two of them: the mark claims a set before
 * it is written and lets go of it after it is gone. So the mark may claim too much for a while, never too little, and
 * planning again from whatever stands leads to the same end.
 */
export interface RecordPlan {
  /** In the order in which they must be applied. Names with a conflict have none. */
  changes: RecordChange[]
  conflicts: RecordConflict[]
}

export type RecordChange =
  | { kind: 'create' | 'keep' | 'delete'; set: RecordSet }
  | { kind: 'update'; set: RecordSet; before: RecordSet }

export interface PlanRequest {
  /** At most one set for each name and type. */
  wanted: readonly RecordSet[]
  /** Every set that stands at the wanted names and at the names of their marks. */
  present: readonly RecordSet[]
  /** The domain's id. */
  owner: string
}

/** Makes the wanted sets stand; foreign ones in their way are conflicts. A foreign set that says the same is kept. */
export function planRecords({ wanted, present, owner }: PlanRequest): RecordPlan {
  const plans = [...Map.groupBy(wanted, ({ name }) => name)].map(([name, sets]): RecordPlan => {
    const standing = standingAt(name, present, owner)
    const conflicts = conflictsWith(sets, standing)
    return { changes: conflicts.length > 0 ? [] : changesTo(sets, standing, owner), conflicts }
  })
  return { changes: plans.flatMap(({ changes }) => changes), conflicts: plans.flatMap(({ conflicts }) => conflicts) }
}

/** Removes what is marked as this domain's at these names, and nothing else. */
export function planRemoval({
  names,
  present,
  owner,
}: { names: readonly string[] } & Omit<PlanRequest, 'wanted'>): RecordPlan {
  const changes = [...new Set(names)].flatMap((name) => changesTo([], standingAt(name, present, owner), owner))
  return { changes, conflicts: [] }
}

function changesTo(wanted: RecordSet[], { markName, markSet: marked, mark, own, foreign }: Standing, owner: string) {
  if (markName === null) return []
  const isForeign = ({ type }: RecordSet) => foreign.some((set) => set.type === type)
  const ours = wanted.filter((set) => !isForeign(set))
  const typesAfter = ours.map(({ type }) => type)
  const typesMeanwhile = [...new Set([...(mark?.types ?? []), ...own.map(({ type }) => type), ...typesAfter])]
  const present = (set: RecordSet) => own.find(({ type }) => type === set.type) ?? null

  return [
    ...marking(markName, marked, { owner, types: typesMeanwhile }),
    // Before the others: what a CNAME and an address exclude each other from has to be free.
    ...own.filter(({ type }) => !typesAfter.includes(type)).map((set): RecordChange => ({ kind: 'delete', set })),
    ...ours.map((set) => writing(set, present(set))),
    ...wanted.filter(isForeign).map((set): RecordChange => ({ kind: 'keep', set })),
    ...unmarking(markName, { owner, types: typesMeanwhile }, { owner, types: typesAfter }),
  ]
}

function writing(set: RecordSet, before: RecordSet | null): RecordChange {
  if (before === null) return { kind: 'create', set }
  const isSame = haveSameValues(set, before) && set.ttlSeconds === before.ttlSeconds
  return isSame ? { kind: 'keep', set } : { kind: 'update', set, before }
}

function marking(markName: string, before: RecordSet | null, mark: Mark): RecordChange[] {
  if (mark.types.length === 0) return []
  const set = markSet(markName, mark)
  if (before === null) return [{ kind: 'create', set }]
  return haveSameValues(set, before) ? [] : [{ kind: 'update', set, before }]
}

function unmarking(markName: string, meanwhile: Mark, mark: Mark): RecordChange[] {
  if (meanwhile.types.length === mark.types.length) return []
  const before = markSet(markName, meanwhile)
  return mark.types.length === 0
    ? [{ kind: 'delete', set: before }]
    : [{ kind: 'update', set: markSet(markName, mark), before }]
}
