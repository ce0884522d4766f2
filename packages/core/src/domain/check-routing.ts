import { proxyOf } from '../dns/known-proxies.ts'
import { normalAddress } from '../edge/address-rules.ts'
import type { DnsAnswer, Lookup } from '../ports.ts'
import { type Hostname, isApex } from './hostname.ts'
import type { EdgeIdentity } from './records.ts'
import { type Asked, type Verdict, isMute, judgeEach, missed, proved, shown, unanswered } from './verdict.ts'

/** The answers that routing is judged from; CNAMEs are followed, so A and AAAA hold what a visitor reaches. */
export interface RoutingLookups {
  cname: Lookup
  a: Lookup
  aaaa: Lookup
}

export interface RoutingRules {
  edge: EdgeIdentity
  /** Names that are right to be an alias of. */
  targets: readonly string[]
  now: Date
}

/** An alias of the edges is right, whatever stands at its end: that is the platform's own. */
export function judgeAlias(hostname: Hostname, cname: Lookup, rules: RoutingRules): Verdict | null {
  const asked = askedAbout(hostname, cname, rules)
  const verdict = judgeEach(cname, asked, (answer) => {
    const values = valuesOf(answer, 'CNAME')
    const isRight = values.some((value) => rules.targets.includes(value))
    return isRight
      ? proved(values.slice(0, 1), 'current', asked)
      : missed({ code: 'DNS_RECORD_MISMATCH', message: '', observed: values }, asked)
  })
  if (verdict.proved) return verdict
  return verdict.because.code === 'DNS_DISAGREEMENT' ? verdict : null
}

/**
 * A name is routed here when it is an alias of the edges, or when every address it has is one of theirs. One stray
 * address is an error that names it: visitors and certificate authorities would land there some of the time.
 */
export function judgeRouting(hostname: Hostname, { cname, a, aaaa }: RoutingLookups, rules: RoutingRules): Verdict {
  const aliased = judgeAlias(hostname, cname, rules)
  if (aliased !== null) return aliased
  const asked = askedAbout(hostname, a, rules)
  if (isMute(cname.answer) && cname.answer.kind === 'loop') return unanswered(cname.answer, asked)
  for (const { answer } of [a, aaaa]) if (isMute(answer)) return unanswered(answer, asked)
  return judgeEach(merge([a, aaaa, cname]), asked, (answer) => judgeAddresses({ hostname, answer }, asked, rules))
}

function judgeAddresses(
  { hostname, answer }: { hostname: Hostname; answer: DnsAnswer },
  asked: Asked,
  { edge, targets }: RoutingRules,
): Verdict {
  const aliases = valuesOf(answer, 'CNAME')
  const addresses = [...valuesOf(answer, 'A'), ...valuesOf(answer, 'AAAA')]
  const own = new Set(edge.addresses.map(normalAddress))
  const strays = addresses.filter((address) => !own.has(normalAddress(address)))
  // First, since the platform's own addresses may be those of a CDN.
  if (addresses.length > 0 && strays.length === 0) return proved(shown(addresses), 'current', asked)

  const add = toAdd(hostname, { edge, targets })
  const proxy = proxyOf({ aliases, addresses })
  if (proxy !== null) {
    const message = `${hostname} is behind ${proxy.name} (${shown([...aliases, ...addresses]).join(', ')}), which hides where it leads. ${proxy.switchOff}`
    return missed({ code: 'DNS_PROXIED', message, observed: [...aliases, ...addresses] }, asked)
  }
  if (addresses.length === 0) {
    if (aliases.length > 0) {
      const message = `${hostname} is a CNAME to ${aliases.at(-1)}, which leads nowhere. ${add}`
      return missed({ code: 'DNS_RECORD_MISMATCH', message, observed: aliases }, asked)
    }
    if (answer.kind === 'nxdomain') {
      const message = `${hostname} does not exist in DNS. ${add}`
      return missed({ code: 'DNS_NXDOMAIN', message, observed: [] }, asked)
    }
    return missed({ code: 'DNS_RECORD_MISSING', message: `${hostname} has no address. ${add}`, observed: [] }, asked)
  }

  const stray = strays.find((address) => address.includes(':')) ?? strays[0]
  if (stray === undefined || strays.length === addresses.length) {
    const observed = [...aliases, ...addresses]
    const message = `${hostname} points to ${shown(observed).join(', ')}, not to this platform. ${add}`
    return missed({ code: 'DNS_RECORD_MISMATCH', message, observed }, asked)
  }
  const type = typeOf(stray)
  const why = type === 'AAAA' ? ': certificate authorities try IPv6 first' : ''
  const message = `${hostname} has ${type} ${stray}, which does not belong to this platform. Remove it${why}.`
  return missed({ code: `DNS_STRAY_${type}`, message, observed: addresses }, asked)
}

function toAdd(hostname: Hostname, { edge, targets }: Pick<RoutingRules, 'edge' | 'targets'>): string {
  if (!isApex(hostname)) return `Add a CNAME from ${hostname} to ${targets[0] ?? edge.hostname}.`
  if (edge.addresses.length === 0) return `Give it the same addresses as ${edge.hostname}, which has none just now.`
  return `Add ${edge.addresses.map((address) => `${typeOf(address)} ${address}`).join(' and ')}.`
}

function askedAbout(hostname: Hostname, { serial }: Lookup, { edge, targets, now }: RoutingRules): Asked {
  const expected = isApex(hostname) ? [...edge.addresses] : [...targets]
  return { question: `${hostname} A`, expected: expected.length === 0 ? [edge.hostname] : expected, serial, now }
}

/** All questions as one answer, for the majority and for each server that says otherwise in any. */
function merge(lookups: Lookup[]): Lookup {
  const servers = new Set(lookups.flatMap(({ dissenting }) => dissenting.map(({ server }) => server)))
  const saidBy = (server: string) =>
    lookups.map(({ dissenting, answer }) => dissenting.find((word) => word.server === server)?.answer ?? answer)
  return {
    answer: together(lookups.map(({ answer }) => answer)),
    dissenting: [...servers].map((server) => ({ server, answer: together(saidBy(server)) })),
    servers: [...new Set(lookups.flatMap((lookup) => lookup.servers))],
    serial: lookups.find(({ serial }) => serial !== null)?.serial ?? null,
  }
}

/** Every record once; where there is none, what the first answer says of that. */
function together(answers: DnsAnswer[]): DnsAnswer {
  const records = answers.flatMap((answer) => (answer.kind === 'records' ? answer.records : []))
  const unique = new Map(records.map((record) => [`${record.name} ${record.type} ${record.value}`, record]))
  if (unique.size > 0) return { kind: 'records', records: [...unique.values()] }
  return answers[0] ?? { kind: 'no_data' }
}

const valuesOf = (answer: DnsAnswer, type: string): string[] =>
  answer.kind === 'records'
    ? answer.records.filter((record) => record.type === type).map((record) => record.value.toLowerCase())
    : []

const typeOf = (address: string): 'A' | 'AAAA' => (address.includes(':') ? 'AAAA' : 'A')
