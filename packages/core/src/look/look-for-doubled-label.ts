import { doubledLabel, judgeTxt } from '../domain/check-ownership.ts'
import { judgeAlias } from '../domain/check-routing.ts'
import { isApex } from '../domain/hostname.ts'
import { aliasTargets, ownershipRecordName } from '../domain/records.ts'
import type { Verdict } from '../domain/verdict.ts'
import type { Lookup } from '../ports.ts'
import type { Look, Looked } from './looked.ts'

// Many DNS hosts add the zone's name to whatever is typed, so that a record entered by its full name ends up at
// `_mooring-challenge.shop.example.com.example.com`. Where one is missing, that is where to look.

const ABSENT = ['DNS_TXT_MISSING', 'DNS_RECORD_MISSING', 'DNS_NXDOMAIN']

interface Wanted {
  name: string
  type: 'TXT' | 'CNAME'
  /** Whether what stands at the doubled name is the record that is wanted. */
  isIt: (lookup: Lookup) => boolean
}

/** The record that proves ownership. */
export async function proofNamedTwice(verdict: Verdict, domain: Looked, context: Look): Promise<Verdict> {
  switch (domain.verification.method) {
    case 'txt': {
      const isIt = (lookup: Lookup) => judgeTxt(domain, lookup, context.clock.now()).proved
      return namedTwice(verdict, { name: ownershipRecordName(domain.hostname), type: 'TXT', isIt }, { domain, context })
    }
    case 'cname':
      return aliasNamedTwice(verdict, domain, context)
    case 'http':
    case 'managed':
      return verdict
  }
}

/** The alias that leads visitors here, and by method `cname` proves as well; an apex has none (RFC 1034 §3.6.2). */
export async function aliasNamedTwice(verdict: Verdict, domain: Looked, context: Look): Promise<Verdict> {
  const { hostname, verification } = domain
  if (isApex(hostname)) return verdict
  const { edge } = context.policy
  const rules = { edge, targets: aliasTargets(verification, edge), now: context.clock.now() }
  const isIt = (lookup: Lookup) => judgeAlias(hostname, lookup, rules)?.proved === true
  return namedTwice(verdict, { name: hostname, type: 'CNAME', isIt }, { domain, context })
}

async function namedTwice(
  verdict: Verdict,
  { name, type, isIt }: Wanted,
  { domain, context: { resolver } }: { domain: Looked; context: Look },
): Promise<Verdict> {
  if (verdict.proved || !ABSENT.includes(verdict.because.code)) return verdict
  const zone = await resolver.zoneOf(domain.hostname)
  if (zone === null) return verdict
  const typed = `${name}.${zone.name}`
  const isThere = isIt(await resolver.lookupAtOne(typed, type))
  return isThere ? doubledLabel(verdict, { typed, wanted: name, zone: zone.name }) : verdict
}
