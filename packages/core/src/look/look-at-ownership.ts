import { judgeOwnAlias, judgeTxt } from '../domain/check-ownership.ts'
import { ownershipRecordName } from '../domain/records.ts'
import type { Verdict } from '../domain/verdict.ts'
import { lookAtManaged } from './look-at-managed.ts'
import { confirmRouting } from './look-at-routing.ts'
import { proofNamedTwice } from './look-for-doubled-label.ts'
import { lookOverHttp } from './look-over-http.ts'
import type { Ask, Look, Looked } from './looked.ts'

/** For a launch: every server of the zone is asked, and an absence is looked into. */
export async function lookAtOwnership(domain: Looked, context: Look): Promise<Verdict> {
  const verdict = await ownershipBy(context.resolver.lookup, domain, context)
  return proofNamedTwice(verdict, domain, context)
}

/** For a proof that is only to be confirmed: the first server that answers will do, and few questions are asked. */
export async function confirmOwnership(domain: Looked, context: Look): Promise<Verdict> {
  const { verification } = domain
  // Its web server showed the token once; since then the name leads here, which is for nobody but its owner to change.
  if (verification.method === 'http' && verification.routing) {
    const routing = await confirmRouting(domain, context)
    if (routing.proved || !routing.isMiss) return routing
  }
  return ownershipBy(context.resolver.lookupAtOne, domain, context)
}

export function ownershipBy(ask: Ask, domain: Looked, context: Look): Promise<Verdict> {
  switch (domain.verification.method) {
    case 'txt':
      return txtBy(ask, domain, context)
    case 'cname':
      return ownAliasBy(ask, domain, context)
    case 'http':
      return lookOverHttp(ask, domain, context)
    case 'managed':
      return lookAtManaged(ask, domain, context)
  }
}

async function txtBy(ask: Ask, domain: Looked, { clock }: Look): Promise<Verdict> {
  return judgeTxt(domain, await ask(ownershipRecordName(domain.hostname), 'TXT'), clock.now())
}

async function ownAliasBy(ask: Ask, domain: Looked, { clock, policy }: Look): Promise<Verdict> {
  return judgeOwnAlias(domain, await ask(domain.hostname, 'CNAME'), { edge: policy.edge, now: clock.now() })
}
