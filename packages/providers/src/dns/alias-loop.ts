import type { DnsAnswer } from '@mooring/core'

/** More aliases than anybody needs. */
export const LONGEST_CHAIN = 8

/**
 * Servers that follow aliases themselves fail when those lead back. Walks the aliases one by one, and returns the loop if
 * that is what is behind a failure; null when it is something else.
 */
export async function loopBehindFailure(
  name: string,
  askCname: (name: string) => Promise<DnsAnswer>,
): Promise<DnsAnswer | null> {
  const chain = [name.toLowerCase()]
  while (chain.length <= LONGEST_CHAIN) {
    const end = chain.at(-1) ?? ''
    const answer = await askCname(end)
    const alias =
      answer.kind === 'records' ? answer.records.find((r) => r.type === 'CNAME' && r.name === end) : undefined
    if (alias === undefined) return null
    const isKnown = chain.includes(alias.value)
    chain.push(alias.value)
    if (isKnown) break
  }
  return { kind: 'loop', chain }
}

/** A chain within one answer that leads back to itself is told as such. */
export function closeLoop(name: string, answer: DnsAnswer): DnsAnswer {
  if (answer.kind !== 'records') return answer
  const chain = [name.toLowerCase()]
  for (;;) {
    const alias = answer.records.find((record) => record.type === 'CNAME' && record.name === chain.at(-1))
    if (alias === undefined) return answer
    if (chain.includes(alias.value)) return { kind: 'loop', chain: [...chain, alias.value] }
    chain.push(alias.value)
  }
}
