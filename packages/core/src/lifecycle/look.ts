import { type DnsVerdict, judgeOwnership } from '../domain/check-ownership.ts'
import { judgeRouting } from '../domain/check-routing.ts'
import type { Domain } from '../domain/domain.ts'
import { ownershipRecordName } from '../domain/records.ts'
import type { DnsAnswer, RecordType, Resolver } from '../ports.ts'
import type { StepContext } from './step.ts'

type Look = Pick<StepContext, 'resolver' | 'clock' | 'policy'>

export async function lookAtOwnership(domain: Domain, server: string | 'any', context: Look): Promise<DnsVerdict> {
  const answer = await ask(context.resolver, ownershipRecordName(domain.hostname), 'TXT', server)
  return judgeOwnership(domain, answer, context.clock.now())
}

export async function lookAtRouting(domain: Domain, server: string | 'any', context: Look): Promise<DnsVerdict> {
  const about = (type: RecordType) => ask(context.resolver, domain.hostname, type, server)
  const [cname, a, aaaa] = await Promise.all([about('CNAME'), about('A'), about('AAAA')])
  return judgeRouting(domain.hostname, { cname, a, aaaa }, context.policy.edge, context.clock.now())
}

/** `any` asks the servers in turn until one gives an answer that says something. */
async function ask(resolver: Resolver, name: string, type: RecordType, server: string | 'any'): Promise<DnsAnswer> {
  if (server !== 'any') return resolver.lookup(name, type, server)
  let answer: DnsAnswer = { kind: 'timeout' }
  for (const candidate of resolver.servers) {
    answer = await resolver.lookup(name, type, candidate)
    if (answer.kind !== 'servfail' && answer.kind !== 'timeout') return answer
  }
  return answer
}
