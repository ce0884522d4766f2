import { isIP } from 'node:net'
import { type Parsed, parsed, refused } from '../errors.ts'
import { categoryOf } from './address-rules.ts'

/**
 * Upstream servers of the operator, under a name that targets use in place of a URL. Unlike a tenant's URL they may be
 * private: who may write a service speaks for the platform.
 */
export interface Service {
  name: string
  /** Whose domains may use it; null for every tenant's. */
  tenant: string | null
  scheme: 'http' | 'https'
  /** Visitors are spread over them; one that does not answer is passed over. */
  servers: ServiceServer[]
  /** The name in the servers' certificates, sent as SNI and verified. With `https` only, and then always. */
  tlsName: string | null
  health: ServiceHealth | null
}

export interface ServiceServer {
  /** A name or an address. */
  host: string
  port: number
}

/** Each edge asks each server: one that fails gets no visitors from this edge, unless all of them fail. */
export interface ServiceHealth {
  /** Answers 2xx or 3xx where the server is well. */
  path: string
  intervalSeconds: number
}

/** What an edge has to know of a service. */
export type EdgeService = Omit<Service, 'tenant'>

export const SERVICE_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** Edges get all services whenever one changes. */
export const MOST_SERVICES = 1000
export const MOST_SERVERS = 16

// A platform's own network has names of one label and with underscores; what is no such name is no name anywhere.
export const SERVICE_HOST =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/
export const HEALTH_PATH = /^\/[A-Za-z0-9._~!$&()*+,;=:@%/?-]{0,254}$/

/** `host:port`, where an IPv6 address stands in brackets. */
export function parseServiceServer(text: string): Parsed<ServiceServer> {
  const [, bracketed, plain, digits = ''] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const host = (bracketed ?? plain ?? '').toLowerCase()
  const port = Number(digits)
  if (host === '') {
    return refused('SERVER_SYNTAX', 'Write a server as host:port, an IPv6 address in brackets.')
  }
  if (port < 1 || port > 65_535) return refused('SERVER_PORT', 'A port is a number from 1 to 65535.')
  if (isIP(host) === 0) {
    // `1.2.3` and `0x7f.1` are addresses to some resolvers.
    const looksLikeAddress = bracketed !== undefined || /^(?:0x[0-9a-f]*|\d+)$/.test(host.split('.').at(-1) ?? '')
    if (looksLikeAddress || !SERVICE_HOST.test(host)) {
      return refused('SERVER_HOST', `"${host}" is neither a hostname nor an IP address.`)
    }
    return parsed({ host, port })
  }
  const refusal = serviceRefusalOf(host)
  return refusal === null ? parsed({ host, port }) : refused('SERVER_ADDRESS_FORBIDDEN', refusal)
}

export const formatServiceServer = ({ host, port }: ServiceServer): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`

// Where nobody serves from, where a cloud hands out its credentials, and what embeds another address: that has a form of
// its own, by which it is judged.
const NEVER = 'unspecified multicast broadcast linkLocal metadata ipv4Mapped 6to4 teredo rfc6052 rfc6145'.split(' ')

/** Why no service may be at this address, or null: private networks and this machine are the operator's to use. */
export function serviceRefusalOf(address: string): string | null {
  const category = categoryOf(address)
  if (category === null) return `"${address}" is not an IP address.`
  return NEVER.includes(category) ? `${address} is in the range "${category}", which no service may use.` : null
}

/** What is wrong with the name that the servers' certificates are verified by; null when it is as the scheme needs it. */
export function tlsNameComplaint(
  scheme: Service['scheme'],
  tlsName: string | null,
): { code: string; message: string } | null {
  if (scheme === 'https' && tlsName === null) {
    return { code: 'TLS_NAME_MISSING', message: 'Say which name the servers’ certificates are for.' }
  }
  if (scheme === 'http' && tlsName !== null) {
    return { code: 'TLS_NAME_WITHOUT_TLS', message: 'Over http there is no certificate to verify.' }
  }
  return null
}

/** Whether visitors of the hostname would be led to the hostname again, where the edges answer. */
export const leadsBack = (servers: readonly ServiceServer[], hostname: string): boolean =>
  servers.some(({ host, port }) => host === hostname.toLowerCase() && (port === 80 || port === 443))
