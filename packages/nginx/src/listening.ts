import { networkInterfaces } from 'node:os'
import { type NginxText, anyIpv4Text, anyIpv6Text, endpointText } from './nginx-quoting.ts'

/** Where nginx listens. Without an address it listens on every one, IPv6 included where the machine has it. */
export interface Listening {
  address: string | null
  httpPort: number
  httpsPort: number
  /** Whether an nginx without an address listens on IPv6 too. */
  ipv6: boolean
  /** What visitors see, such as 443 when a port is forwarded; used in redirects and for targets. */
  publicHttpsPort: number
}

export function listenTexts({ address, ipv6 }: Listening, port: number): NginxText[] {
  if (address !== null) return [endpointText(address, port)]
  return ipv6 ? [anyIpv4Text(port), anyIpv6Text(port)] : [anyIpv4Text(port)]
}

/** An address of this machine at which nginx answers. */
export const nearAddress = ({ address }: Listening): string => {
  if (address === null || address === '0.0.0.0') return '127.0.0.1'
  return address === '::' ? '::1' : address
}

export const hasIpv6 = (): boolean =>
  Object.values(networkInterfaces()).some((entries) => entries?.some(({ family }) => family === 'IPv6'))
