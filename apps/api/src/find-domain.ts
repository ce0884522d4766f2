import {
  DOMAIN_ID,
  type DomainView,
  type EdgeIdentity,
  type IntentAnswer,
  parseHostname,
  type Registry,
  type RegistrationRules,
} from '@mooring/core'
import { domainResource } from './domain-resource.ts'
import { etagOf } from './etag.ts'
import { notFound, Refusal } from './problem.ts'

/** By id or by hostname in any spelling. Throws `NOT_FOUND`, also for what could never be either. */
export async function findDomain(
  registry: Registry,
  idOrHostname: string,
  rules: RegistrationRules,
): Promise<DomainView> {
  const view = await lookUp(registry, idOrHostname, rules)
  if (view === null) throw notFound('domain')
  return view
}

async function lookUp(registry: Registry, text: string, rules: RegistrationRules): Promise<DomainView | null> {
  if (DOMAIN_ID.test(text)) return registry.find(text)
  const hostname = parseHostname(text, rules.hostnames)
  return hostname.ok ? registry.find(hostname.value) : null
}

/** The id for what the path names, without a look at the store when it is an id already. */
export async function domainIdOf(registry: Registry, idOrHostname: string, rules: RegistrationRules): Promise<string> {
  if (DOMAIN_ID.test(idOrHostname)) return idOrHostname
  const { domain } = await findDomain(registry, idOrHostname, rules)
  return domain.id
}

/** An intent's answer as the caller sees it, and which domain is now due. Throws `WRONG_STATE` and `NOT_FOUND`. */
export async function intentAnswer(registry: Registry, answer: IntentAnswer, edge: EdgeIdentity) {
  if (answer.kind === 'not_found') throw notFound('domain')
  if (answer.kind === 'wrong_state') {
    throw new Refusal('WRONG_STATE', `The domain is in the state "${answer.state}", which does not allow this.`)
  }
  const { domain } = answer
  const view = (await registry.find(domain.id)) ?? { ...BARE, domain }
  const body = domainResource(view, edge)
  return { status: 202, headers: { etag: etagOf(body) }, body, due: [domain.id] }
}

/** What stands beside a domain that was just made: nothing. */
export const BARE: Omit<DomainView, 'domain'> = { consents: [], provider: null, certificate: null, route: null }
