import { isIPv4, isIPv6 } from 'node:net'
import { DnsProviderProblem, type RecordSet } from '@mooring/core'

const MAX_NAME = 253
const MAX_TTL_SECONDS = 2 ** 31 - 1
/** What a record can hold (RFC 1035 §3.2.1), its strings counted with their lengths. */
const MAX_RDATA_OCTETS = 65_535
// Hyphens inside only, as of a hostname, so that nothing begins like an option.
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i

/** Lower case without the last dot; an asterisk may be the first label. */
export function checkedName(name: string): string {
  const bare = name.replace(/\.$/, '')
  const labels = bare.split('.')
  const rest = labels[0] === '*' ? labels.slice(1) : labels
  if (bare.length > MAX_NAME || rest.length === 0 || !rest.every((label) => LABEL.test(label))) {
    throw refused(`${JSON.stringify(name.slice(0, 300))} is not a name that a record can have.`)
  }
  return bare.toLowerCase()
}

export function checkedNameIn(zone: string, name: string): string {
  const [apex, bare] = [checkedName(zone), checkedName(name)]
  if (bare !== apex && !bare.endsWith(`.${apex}`)) throw refused(`${bare} does not lie in the zone ${apex}.`)
  return bare
}

/** The set with names and addresses in one spelling and every value once. */
export function checkedSet(zone: string, { name, type, ttlSeconds, values }: RecordSet): RecordSet {
  const bare = checkedNameIn(zone, name)
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 0 || ttlSeconds > MAX_TTL_SECONDS) {
    throw refused(`${ttlSeconds} is not a time to live in seconds.`)
  }
  const unique = [...new Set(values.map((value) => checkedValue(type, value)))]
  if (unique.length === 0) throw refused(`The ${type} records of ${bare} have no values.`)
  if (type === 'CNAME' && unique.length > 1)
    throw refused(`${bare} can be an alias of one name only (RFC 1034 §3.6.2).`)
  return { name: bare, type, ttlSeconds, values: unique }
}

/** Hosts spell IPv6 addresses in their own ways. */
export const inShortForm = (set: RecordSet): RecordSet =>
  set.type === 'AAAA' ? { ...set, values: set.values.map(shortIPv6) } : set

function checkedValue(type: RecordSet['type'], value: string): string {
  if (type === 'CNAME') return checkedName(value)
  if (type === 'A' && isIPv4(value)) return value
  // A zone index, as in fe80::1%eth0, belongs to a machine and not into DNS.
  if (type === 'AAAA' && isIPv6(value) && !value.includes('%')) return shortIPv6(value)
  if (type === 'TXT' && value.isWellFormed() && octetsOf(value) <= MAX_RDATA_OCTETS) return value
  throw refused(`${JSON.stringify(value.slice(0, 100))} is not the value of a ${type} record.`)
}

function octetsOf(text: string): number {
  const octets = Buffer.byteLength(text)
  return octets + Math.max(1, Math.ceil(octets / 255))
}

/** RFC 5952, but for the last 32 bits of a mapped address, which are hexadecimal. */
const shortIPv6 = (address: string): string =>
  isIPv6(address) && !address.includes('%') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address

const refused = (detail: string) => new DnsProviderProblem('refused', detail)
