import type { Domain } from '../domain/domain.ts'
import { type EdgeIdentity, requiredRecords } from '../domain/records.ts'
import type { RecordSet } from '../ports.ts'

/** Short, because a target that changes should be seen soon, and long enough to spare the servers. */
const TTL_SECONDS = 300

/** The records of a managed domain as its zone holds them: one set for each name and type. */
export function managedRecordSets(
  domain: Pick<Domain, 'id' | 'hostname' | 'verification' | 'tls'>,
  edge: EdgeIdentity,
): RecordSet[] {
  const byNameAndType = Map.groupBy(requiredRecords(domain, edge), ({ name, type }) => `${name} ${type}`)
  return [...byNameAndType.values()].flatMap((records) => {
    const [first] = records
    if (first === undefined) return []
    return [{ name: first.name, type: first.type, ttlSeconds: TTL_SECONDS, values: records.map(({ value }) => value) }]
  })
}
