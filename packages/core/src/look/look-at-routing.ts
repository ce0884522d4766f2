import { judgeAlias, judgeRouting } from '../domain/check-routing.ts'
import { isApex } from '../domain/hostname.ts'
import { ownAliasTarget } from '../domain/records.ts'
import { type Verdict, proved } from '../domain/verdict.ts'
import { nameUnder } from '../edge/name-under.ts'
import type { Lookup, RecordType } from '../ports.ts'
import type { Ask, Look, Looked } from './looked.ts'

export const lookAtRouting = (domain: Looked, context: Look): Promise<Verdict> =>
  routingBy(context.resolver.lookup, domain, context)

export const confirmRouting = (domain: Looked, context: Look): Promise<Verdict> =>
  routingBy(context.resolver.lookupAtOne, domain, context)

export async function routingBy(ask: Ask, domain: Looked, { clock, policy }: Look): Promise<Verdict> {
  const { verification, hostname } = domain
  const now = clock.now()
  if (!verification.routing)
    return proved([], 'current', { question: `${hostname} A`, expected: [], serial: null, now })
  const rules = { edge: policy.edge, targets: targetsOf(domain, policy.edge.hostname), now }
  // Asked under a wildcard's asterisk itself, a server would answer from its own record only.
  const name = nameUnder(hostname)
  // An apex has no alias (RFC 1034 §3.6.2).
  const cname = isApex(hostname) ? NOTHING : await ask(name, 'CNAME')
  const aliased = judgeAlias(hostname, cname, rules)
  if (aliased !== null) return aliased
  const [a, aaaa] = await Promise.all([ask(name, 'A'), ask(name, 'AAAA')])
  return judgeRouting(hostname, { cname, a, aaaa }, rules)
}

const NOTHING: Lookup = { answer: { kind: 'no_data' }, dissenting: [], servers: [], serial: null }

function targetsOf({ verification: { method, token, previous } }: Looked, edgeHostname: string): string[] {
  const edge = { hostname: edgeHostname.toLowerCase(), addresses: [] }
  if (method !== 'cname') return [edge.hostname]
  return [token, ...(previous === null ? [] : [previous.token])].map((known) => ownAliasTarget(known, edge))
}

/** Of both families, as the zone’s own servers give them. */
export async function addressesOf(hostname: string, { resolver }: Pick<Look, 'resolver'>): Promise<string[]> {
  const of = async (type: RecordType) => {
    const { answer } = await resolver.lookupAtOne(nameUnder(hostname), type)
    return answer.kind === 'records' ? answer.records.filter((record) => record.type === type) : []
  }
  const [a, aaaa] = await Promise.all([of('A'), of('AAAA')])
  return [...a, ...aaaa].map(({ value }) => value)
}
