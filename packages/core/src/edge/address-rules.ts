import ipaddr from 'ipaddr.js'

/** Which addresses an edge may connect to on a tenant's behalf. Everything not globally reachable is refused unless listed. */
export interface AddressRules {
  /** CIDRs of private targets the operator permits (`MOORING_UPSTREAM_ALLOW`). */
  allow: readonly string[]
}

// Azure's metadata and control endpoint stands at a public address, reachable from inside its networks only.
const METADATA_ADDRESSES = ['168.63.129.16']
// All of IPv6 that is globally reachable is allocated from here (IANA IPv6 address space registry). What is left of
// `::/96` reaches an IPv4 address on some systems.
const IPV6_GLOBAL = '2000::/3'

/**
 * Why an address is refused, or null when an edge may connect to it.
 *
 * IPv6 that embeds an IPv4 address (mapped, 6to4, Teredo, NAT64) is refused whole: the IPv4 form is there for it, and
 * what the others reach depends on somebody else's gateway.
 */
export function refusalOf(address: string, rules: AddressRules): string | null {
  if (!ipaddr.isValid(address)) return `"${address}" is not an IP address.`
  const ip = ipaddr.parse(address)
  if (rules.allow.some((cidr) => contains(cidr, ip))) return null
  const range = rangeOf(ip)
  if (range === 'unicast') return null
  return `${ip.toString()} is in the range "${range}", which targets may not use. An operator can allow it with MOORING_UPSTREAM_ALLOW.`
}

/** One spelling for each address, so that two can be compared; text that is no address stays as it is. */
export const normalAddress = (address: string): string =>
  ipaddr.isValid(address) ? ipaddr.process(address).toNormalizedString() : address

/** The block that holds this address alone. */
export const blockOf = (address: string): string => `${address}/${address.includes(':') ? 128 : 32}`

export function isCidr(text: string): boolean {
  return ipaddr.isValidCIDR(text)
}

/** The range an address is in, as ipaddr.js names it, or `metadata` or `unallocated`; null for what is no address. */
export const categoryOf = (address: string): string | null =>
  ipaddr.isValid(address) ? rangeOf(ipaddr.parse(address)) : null

function rangeOf(ip: ipaddr.IPv4 | ipaddr.IPv6): string {
  if (METADATA_ADDRESSES.includes(ip.toString())) return 'metadata'
  const range = ip.range()
  return range === 'unicast' && ip.kind() === 'ipv6' && !contains(IPV6_GLOBAL, ip) ? 'unallocated' : range
}

function contains(cidr: string, ip: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  const [network, bits] = ipaddr.parseCIDR(cidr)
  return network.kind() === ip.kind() && ip.match(network, bits)
}
