import { judgeAlias, judgeRouting } from '../domain/check-routing.ts'
import { isApex } from '../domain/hostname.ts'
import { aliasTargets } from '../domain/records.ts'
import { type Verdict, proved, unknown } from '../domain/verdict.ts'
import { nameUnder } from '../edge/name-under.ts'
import type { Lookup, RecordType } from '../ports.ts'
import { edgeAddresses } from './edge-addresses.ts'
import { aliasNamedTwice } from './look-for-doubled-label.ts'
import type { Ask, Look, Looked } from './looked.ts'

/** For a launch: every server of the zone is asked, and an absence is looked into. */
export async function lookAtRouting(domain: Looked, context: Look): Promise<Verdict> {
  const verdict = await routingBy(context.resolver.lookup, domain, context)
  return aliasNamedTwice(verdict, domain, context)
}

export const confirmRouting = (domain: Looked, context: Look): Promise<Verdict> =>
  routingBy(context.resolver.lookupAtOne, domain, context)

export async function routingBy(ask: Ask, domain: Looked, { clock, policy }: Look): Promise<Verdict> {
  const { verification, hostname } = domain
  const now = clock.now()
  if (!verification.routing)
    return proved([], 'current', { question: `${hostname} A`, expected: [], serial: null, now })
  const rules = { edge: policy.edge, targets: aliasTargets(verification, policy.edge), now }
  // Asked under a wildcard's asterisk itself, a server would answer from its own record only.
  const name = nameUnder(hostname)
  // An apex has no alias (RFC 1034 §3.6.2).
  const cname = isApex(hostname) ? NOTHING : await ask(name, 'CNAME')
  const aliased = judgeAlias(hostname, cname, rules)
  if (aliased !== null) return aliased
  const [a, aaaa, addresses] = await Promise.all([ask(name, 'A'), ask(name, 'AAAA'), edgeAddresses(policy.edge, ask)])
  if (addresses === null) return edgeUnknown(policy.edge.hostname, hostname, now)
  return judgeRouting(hostname, { cname, a, aaaa }, { ...rules, edge: { ...policy.edge, addresses } })
}

/** The platform's own trouble, which is held against nobody. */
function edgeUnknown(edge: string, hostname: string, now: Date): Verdict {
  const message = `Whether ${hostname} leads here cannot be told, since DNS does not give the addresses of ${edge} just now. It is asked again.`
  const asked = { question: `${edge} A`, expected: [`an address of ${edge}`], serial: null, now }
  return unknown({ code: 'DNS_TIMEOUT', message, observed: [] }, asked)
}

const NOTHING: Lookup = { answer: { kind: 'no_data' }, dissenting: [], servers: [], serial: null }

/** Of both families, as the zone’s own servers give them. */
export async function addressesOf(hostname: string, { resolver }: Pick<Look, 'resolver'>): Promise<string[]> {
  const of = async (type: RecordType) => {
    const { answer } = await resolver.lookupAtOne(nameUnder(hostname), type)
    return answer.kind === 'records' ? answer.records.filter((record) => record.type === type) : []
  }
  const [a, aaaa] = await Promise.all([of('A'), of('AAAA')])
  return [...a, ...aaaa].map(({ value }) => value)
}
