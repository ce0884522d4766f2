import ipaddr from 'ipaddr.js'
import { isWithin } from '../domain/hostname.ts'

/** A network that stands in front of web sites and answers in their place. */
export interface KnownProxy {
  name: string
  /** How its customers make DNS show where the name leads. */
  switchOff: string
  /** Names that its customers' names are aliases of. */
  suffixes: readonly string[]
  /** As the network publishes them. */
  ranges: readonly string[]
}

const REMOVE = 'Point the name here instead of at it.'

const KNOWN_PROXIES: readonly KnownProxy[] = [
  {
    name: 'Cloudflare',
    switchOff:
      'In Cloudflare, open DNS → Records and click the orange cloud of this record, so that it turns grey ("DNS only").',
    suffixes: ['cdn.cloudflare.net'],
    // https://www.cloudflare.com/ips/
    ranges: [
      '173.245.48.0/20',
      '103.21.244.0/22',
      '103.22.200.0/22',
      '103.31.4.0/22',
      '141.101.64.0/18',
      '108.162.192.0/18',
      '190.93.240.0/20',
      '188.114.96.0/20',
      '197.234.240.0/22',
      '198.41.128.0/17',
      '162.158.0.0/15',
      '104.16.0.0/13',
      '104.24.0.0/14',
      '172.64.0.0/13',
      '131.0.72.0/22',
      '2400:cb00::/32',
      '2606:4700::/32',
      '2803:f800::/32',
      '2405:b500::/32',
      '2405:8100::/32',
      '2a06:98c0::/29',
      '2c0f:f248::/32',
    ],
  },
  {
    name: 'Fastly',
    switchOff: REMOVE,
    suffixes: ['fastly.net', 'fastlylb.net'],
    // https://api.fastly.com/public-ip-list
    ranges: [
      '23.235.32.0/20',
      '43.249.72.0/22',
      '103.244.50.0/24',
      '103.245.222.0/23',
      '103.245.224.0/24',
      '104.156.80.0/20',
      '140.248.64.0/18',
      '140.248.128.0/17',
      '146.75.0.0/17',
      '151.101.0.0/16',
      '157.52.64.0/18',
      '167.82.0.0/17',
      '172.111.64.0/18',
      '185.31.16.0/22',
      '199.27.72.0/21',
      '199.232.0.0/16',
      '2a04:4e40::/32',
      '2a04:4e42::/32',
    ],
  },
  {
    name: 'Imperva',
    switchOff: REMOVE,
    suffixes: ['incapdns.net', 'impervadns.net'],
    // https://docs.imperva.com/bundle/cloud-application-security/page/settings/ip-addresses.htm
    ranges: [
      '199.83.128.0/21',
      '198.143.32.0/19',
      '149.126.72.0/21',
      '103.28.248.0/22',
      '45.64.64.0/22',
      '185.11.124.0/22',
      '192.230.64.0/18',
      '107.154.0.0/16',
      '45.60.0.0/16',
      '45.223.0.0/16',
      '2a02:e980::/29',
    ],
  },
  {
    name: 'Sucuri',
    switchOff: REMOVE,
    suffixes: ['sucuridns.com'],
    // https://docs.sucuri.net/website-firewall/sucuri-firewall-troubleshooting-guide/
    ranges: ['192.88.134.0/23', '185.93.228.0/22', '66.248.200.0/22', '208.109.0.0/22', '2a02:fe80::/29'],
  },
  { name: 'Amazon CloudFront', switchOff: REMOVE, suffixes: ['cloudfront.net'], ranges: [] },
  {
    name: 'Akamai',
    switchOff: REMOVE,
    suffixes: ['edgekey.net', 'edgesuite.net', 'akamaiedge.net', 'akamai.net'],
    ranges: [],
  },
  { name: 'Azure Front Door', switchOff: REMOVE, suffixes: ['azurefd.net', 'azureedge.net'], ranges: [] },
  { name: 'Bunny', switchOff: REMOVE, suffixes: ['b-cdn.net'], ranges: [] },
]

/**
 * The proxy that one of these aliases, or all of these addresses, belong to; null when there is none such. Addresses count
 * only where no alias is seen: a name that leads to another platform is not behind the network which that one uses.
 */
export function proxyOf({ aliases, addresses }: { aliases: string[]; addresses: string[] }): KnownProxy | null {
  const byAlias = KNOWN_PROXIES.find(({ suffixes }) =>
    aliases.some((alias) => suffixes.some((suffix) => isWithin(alias, suffix))),
  )
  if (byAlias !== undefined) return byAlias
  if (aliases.length > 0 || addresses.length === 0) return null
  return KNOWN_PROXIES.find(({ ranges }) => addresses.every((address) => isInRange(address, ranges))) ?? null
}

function isInRange(address: string, ranges: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false
  const ip = ipaddr.process(address)
  return ranges.some((range) => {
    const [network, bits] = ipaddr.parseCIDR(range)
    return network.kind() === ip.kind() && ip.match(network, bits)
  })
}
