import type { RecordChange, RecordPlan } from './record-plan.ts'
import { showSet } from './record-sets.ts'

/** One line for each change and each conflict, such as `add CNAME shop.example.com → edge.platform.example`. */
export function describePlan({ changes, conflicts }: RecordPlan): string[] {
  return [...changes.map(describeChange), ...conflicts.map(({ explanation }) => `in the way: ${explanation}`)]
}

function describeChange(change: RecordChange): string {
  const { name, type } = change.set
  const values = showSet(change.set).slice(type.length + 1)
  const record = `${type} ${name} → ${values}`
  switch (change.kind) {
    case 'create':
      return `add ${record}`
    case 'update':
      return `change ${record} (now ${showSet(change.before).slice(type.length + 1)}, TTL ${change.before.ttlSeconds})`
    case 'delete':
      return `delete ${record}`
    case 'keep':
      return `keep ${record}`
  }
}
