import ipaddr from 'ipaddr.js'
import type { DnsAnswer } from '../ports.ts'
import { type ReasonCode, reason } from '../reasons.ts'
import type { RecordFinding } from './domain.ts'
import { type DnsVerdict, shown, unanswered } from './check-ownership.ts'
import { type Hostname, isApex } from './hostname.ts'
import type { EdgeIdentity } from './records.ts'

/** The answers that routing is judged from; a resolver follows CNAMEs, so A and AAAA hold what a visitor reaches. */
export interface RoutingAnswers {
  cname: DnsAnswer
  a: DnsAnswer
  aaaa: DnsAnswer
}

/**
 * A name is routed here when its CNAME is the edge's name, or when every address it has is one of the edge's. One stray
 * address is an error that names it: visitors and certificate authorities would land there some of the time.
 */
export function judgeRouting(
  hostname: Hostname,
  { cname, a, aaaa }: RoutingAnswers,
  edge: EdgeIdentity,
  now: Date,
): DnsVerdict {
  const apex = isApex(hostname)
  const expected = apex ? [...edge.addresses] : [edge.hostname]
  const checkedAt = now.toISOString()
  const ok = (observed: string[]): DnsVerdict => ({ proved: true, finding: { status: 'ok', observed, checkedAt } })
  const not = (code: ReasonCode, status: RecordFinding['status'], message: string, observed: string[]): DnsVerdict => ({
    proved: false,
    finding: { status, observed, checkedAt },
    because: reason(code, message, { expected, observed }),
  })

  const alias = valuesOf(cname, 'CNAME')[0]
  if (alias === edge.hostname.toLowerCase()) return ok([alias])

  const mute = [a, aaaa].find((answer) => answer.kind === 'servfail' || answer.kind === 'timeout')
  if (mute?.kind === 'servfail' || mute?.kind === 'timeout') {
    return unanswered(hostname, mute === a ? 'A' : 'AAAA', mute, expected, checkedAt)
  }
  const found = [...valuesOf(a, 'A'), ...valuesOf(aaaa, 'AAAA')]
  const add = apex
    ? `Add ${edge.addresses.map((address) => `${address.includes(':') ? 'AAAA' : 'A'} ${address}`).join(' and ')}.`
    : `Add a CNAME from ${hostname} to ${edge.hostname}.`
  if (found.length === 0) {
    if (alias !== undefined) {
      return not('DNS_RECORD_MISMATCH', 'mismatch', `${hostname} is a CNAME to ${alias}, which leads nowhere. ${add}`, [
        alias,
      ])
    }
    if (a.kind === 'nxdomain') return not('DNS_NXDOMAIN', 'missing', `${hostname} does not exist in DNS. ${add}`, [])
    return not('DNS_RECORD_MISSING', 'missing', `${hostname} has no address. ${add}`, [])
  }

  const own = new Set(edge.addresses.map(normal))
  const strays = found.filter((address) => !own.has(normal(address)))
  const stray = strays.find((address) => address.includes(':')) ?? strays[0]
  if (stray === undefined) return ok(shown(found))
  if (strays.length === found.length) {
    const observed = shown(alias === undefined ? found : [alias, ...found])
    return not(
      'DNS_RECORD_MISMATCH',
      'mismatch',
      `${hostname} points to ${observed.join(', ')}, not to this platform. ${add}`,
      observed,
    )
  }
  const type = stray.includes(':') ? 'AAAA' : 'A'
  const why = type === 'AAAA' ? ': certificate authorities try IPv6 first' : ''
  return not(
    `DNS_STRAY_${type}`,
    'mismatch',
    `${hostname} has ${type} ${stray}, which does not belong to this platform. Remove it${why}.`,
    shown(found),
  )
}

const valuesOf = (answer: DnsAnswer, type: string): string[] =>
  answer.kind === 'records'
    ? answer.records.filter((record) => record.type === type).map((record) => record.value.toLowerCase())
    : []

const normal = (address: string): string =>
  ipaddr.isValid(address) ? ipaddr.process(address).toNormalizedString() : address
