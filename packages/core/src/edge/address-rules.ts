import ipaddr from 'ipaddr.js'

/** Which addresses an edge may connect to on a tenant's behalf. Everything not globally reachable is refused unless listed. */
export interface AddressRules {
  /** CIDRs of private targets the operator permits (`MOORING_UPSTREAM_ALLOW`). */
  allow: readonly string[]
}

/**
 * Why an address is refused, or null when an edge may connect to it.
 *
 * IPv4-mapped IPv6 is judged as the IPv4 address it reaches; other embeddings (6to4, Teredo, NAT64) are refused whole,
 * because what they reach depends on somebody else's gateway.
 */
export function refusalOf(address: string, rules: AddressRules): string | null {
  if (!ipaddr.isValid(address)) return `"${address}" is not an IP address.`
  const ip = ipaddr.process(address)
  if (rules.allow.some((cidr) => contains(cidr, ip))) return null
  const range = ip.range()
  if (range === 'unicast') return null
  return `${ip.toString()} is in the range "${range}", which targets may not use. An operator can allow it with MOORING_UPSTREAM_ALLOW.`
}

export function isCidr(text: string): boolean {
  return ipaddr.isValidCIDR(text)
}

function contains(cidr: string, ip: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  const [network, bits] = ipaddr.parseCIDR(cidr)
  return network.kind() === ip.kind() && ip.match(network, bits)
}
