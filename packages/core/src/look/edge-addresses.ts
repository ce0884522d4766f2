import type { EdgeIdentity } from '../domain/records.ts'
import { isMute } from '../domain/verdict.ts'
import type { Ask } from './looked.ts'

/**
 * Where nobody listed the edges' addresses, they are those that the edges' own name leads to: a name whose DNS host
 * flattens its alias shows nothing else. Null while DNS does not tell.
 */
export async function edgeAddresses(
  { hostname, addresses }: EdgeIdentity,
  ask: Ask,
): Promise<readonly string[] | null> {
  if (addresses.length > 0 || hostname === '') return addresses
  const lookups = await Promise.all([ask(hostname, 'A'), ask(hostname, 'AAAA')])
  const answers = lookups.map(({ answer }) => answer)
  if (answers.some(isMute)) return null
  const records = answers.flatMap((answer) => (answer.kind === 'records' ? answer.records : []))
  return records.filter(({ type }) => type === 'A' || type === 'AAAA').map(({ value }) => value)
}
