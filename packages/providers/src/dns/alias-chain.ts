import type { DnsAnswer, DnsRecord } from '@mooring/core'
import type { Question } from './message.ts'

/** More aliases than anybody needs. */
const LONGEST_CHAIN = 8

/**
 * The name and everything that its CNAMEs lead through, in lower case. Of aliases that lead back the last name is there
 * twice; a chain of more than `LONGEST_CHAIN` is cut there.
 */
export function namesAlong(name: string, records: DnsRecord[]): string[] {
  const names = [name.toLowerCase()]
  while (names.length <= LONGEST_CHAIN) {
    const alias = records.find((record) => record.type === 'CNAME' && record.name === names.at(-1))
    if (alias === undefined) break
    const isKnown = names.includes(alias.value)
    names.push(alias.value)
    if (isKnown) break
  }
  return names
}

/** True for what `namesAlong` returns of aliases that lead back to themselves or nowhere soon. */
export const isLoop = (names: string[]): boolean =>
  names.length > LONGEST_CHAIN || names.indexOf(names.at(-1) ?? '') < names.length - 1

/** What answers the question: the CNAMEs on the way, and records of its type at their end. */
export function recordsAlong({ name, type }: Question, records: DnsRecord[]): DnsRecord[] {
  if (type === 'CNAME') return records.filter((record) => record.type === type && record.name === name.toLowerCase())
  const names = namesAlong(name, records)
  return records.filter((record) => names.includes(record.name) && (record.type === type || record.type === 'CNAME'))
}

/** A chain within one answer that leads back to itself is told as such. */
export function closeLoop(name: string, answer: DnsAnswer): DnsAnswer {
  if (answer.kind !== 'records') return answer
  const chain = namesAlong(name, answer.records)
  return isLoop(chain) ? { kind: 'loop', chain } : answer
}

/**
 * Servers that follow aliases themselves fail when those lead back. Walks the aliases one by one, and returns the loop if
 * that is what is behind a failure; null when it is something else.
 */
export async function loopBehindFailure(
  name: string,
  askCname: (name: string) => Promise<DnsAnswer>,
): Promise<DnsAnswer | null> {
  const records: DnsRecord[] = []
  for (;;) {
    const chain = namesAlong(name, records)
    if (isLoop(chain)) return { kind: 'loop', chain }
    const end = chain.at(-1) ?? name
    const answer = await askCname(end)
    const aliases = answer.kind === 'records' ? answer.records.filter((record) => record.type === 'CNAME') : []
    if (!aliases.some((record) => record.name === end)) return null
    records.push(...aliases)
  }
}
