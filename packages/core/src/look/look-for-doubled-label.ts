import { doubledLabel, judgeOwnAlias, judgeTxt } from '../domain/check-ownership.ts'
import { ownershipRecordName } from '../domain/records.ts'
import type { Verdict } from '../domain/verdict.ts'
import type { Look, Looked } from './looked.ts'

const ABSENT = ['DNS_TXT_MISSING', 'DNS_RECORD_MISSING']

/**
 * Many DNS hosts add the zone's name to whatever is typed, so that a record entered by its full name ends up at
 * `_mooring-challenge.shop.example.com.example.com`. Where one is missing, that is where to look.
 */
export async function namedTwice(
  verdict: Verdict,
  domain: Looked,
  { resolver, clock, policy }: Look,
): Promise<Verdict> {
  const { method } = domain.verification
  if (method !== 'txt' && method !== 'cname') return verdict
  if (verdict.proved || !ABSENT.includes(verdict.because.code)) return verdict
  const zone = await resolver.zoneOf(domain.hostname)
  if (zone === null) return verdict
  const isTxt = method === 'txt'
  const wanted = isTxt ? ownershipRecordName(domain.hostname) : domain.hostname
  const typed = `${wanted}.${zone.name}`
  const lookup = await resolver.lookupAtOne(typed, isTxt ? 'TXT' : 'CNAME')
  const now = clock.now()
  const there = isTxt ? judgeTxt(domain, lookup, now) : judgeOwnAlias(domain, lookup, { edge: policy.edge, now })
  return there.proved ? doubledLabel(verdict, { typed, wanted, zone: zone.name }) : verdict
}
