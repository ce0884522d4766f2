import type { ManagedZone, RecordSet } from '../ports.ts'
import type { RecordConflict } from './record-conflicts.ts'
import { markNameOf, readMark } from './record-mark.ts'
import { type RecordChange, type RecordPlan, planRecords, planRemoval } from './record-plan.ts'

export type Applied =
  | { kind: 'applied'; changes: RecordChange[] }
  /** Records that are not this domain's are in the way, and were left as they are. */
  | { kind: 'conflict'; conflicts: RecordConflict[] }

/**
 * What `applyRecords` would do now. All functions here throw `DnsProviderProblem` for whatever the host refuses or
 * fails to do, and are safe to repeat after it.
 */
export async function planFor(
  zone: ManagedZone,
  domainId: string,
  wanted: readonly RecordSet[],
  signal: AbortSignal,
): Promise<RecordPlan> {
  const names = wanted.map(({ name }) => name)
  return planRecords({ wanted, present: await readNames(zone, names, signal), owner: domainId })
}

/** Writes and marks the sets; all of them, or none when a foreign record is in the way. */
export async function applyRecords(
  zone: ManagedZone,
  domainId: string,
  wanted: readonly RecordSet[],
  signal: AbortSignal,
): Promise<Applied> {
  const plan = await planFor(zone, domainId, wanted, signal)
  if (plan.conflicts.length > 0) return { kind: 'conflict', conflicts: plan.conflicts }
  for (const change of plan.changes) {
    await apply(zone, change, signal)
    // Two domains may plan at the same moment, and no host compares before it writes: who finds another's mark yields.
    if (change.kind !== 'create' || readMark(change.set) === null) continue
    const standing = await zone.provider.list(zone.name, change.set.name, signal)
    const rivals = standing.map(readMark).filter((mark) => mark !== null && mark.owner !== domainId)
    if (rivals.length > 0) {
      const { conflicts } = await planFor(zone, domainId, wanted, signal)
      return { kind: 'conflict', conflicts }
    }
  }
  return { kind: 'applied', changes: plan.changes }
}

/** Removes what this domain wrote at these names. */
export async function removeRecords(
  zone: ManagedZone,
  domainId: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<RecordChange[]> {
  const { changes } = planRemoval({ names, present: await readNames(zone, names, signal), owner: domainId })
  for (const change of changes) await apply(zone, change, signal)
  return changes
}

/** One after the other: DNS hosts count requests, and some refuse a handful at once. */
async function readNames(
  { name: zone, provider }: ManagedZone,
  names: readonly string[],
  signal: AbortSignal,
): Promise<RecordSet[]> {
  const present: RecordSet[] = []
  for (const name of new Set(names.flatMap((name) => [name, markNameOf(name) ?? name]))) {
    present.push(...(await provider.list(zone, name, signal)))
  }
  return present
}

async function apply({ name: zone, provider }: ManagedZone, change: RecordChange, signal: AbortSignal): Promise<void> {
  if (change.kind === 'delete') await provider.remove(zone, change.set, signal)
  if (change.kind === 'create' || change.kind === 'update') await provider.upsert(zone, change.set, signal)
}
