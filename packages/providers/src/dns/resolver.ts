import { AppError, type DnsAnswer, type RecordType, type Resolver, SECOND } from '@mooring/core'
import type { DecodedPacket } from 'dns-packet'
import { type Query, encodeQuery, isTruncated, isUnaskable, newQuery, readAnswer, toDnsAnswer } from './message.ts'
import { type ServerAddress, parseServerAddress } from './server-address.ts'
import { exchangeOverTcp } from './tcp-exchange.ts'
import { exchangeOverUdp } from './udp-exchange.ts'

const ATTEMPTS = 2

export interface ResolverOptions {
  /** `ip:port`, asked as they are (`MOORING_DNS_SERVERS`); IPv6 as `[ip]:port`. */
  servers: readonly string[]
  /** Per attempt; there are two. */
  timeoutMs?: number
}

/** Asks DNS servers directly, so that no cache on this machine answers instead. */
export function createResolver({ servers, timeoutMs = 2 * SECOND }: ResolverOptions): Resolver {
  const addresses = new Map(servers.map((server) => [server, parseServerAddress(server)]))
  return {
    servers,
    async lookup(name, type, server) {
      const address = addresses.get(server)
      if (address === undefined) throw new AppError('INTERNAL', `"${server}" is not one of this resolver’s servers.`)
      if (isUnaskable(name)) return { kind: 'nxdomain' }
      return lookUp(name, type, { address, timeoutMs })
    },
  }
}

interface Route {
  address: ServerAddress
  timeoutMs: number
}

async function lookUp(name: string, type: RecordType, route: Route): Promise<DnsAnswer> {
  let edns = true
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const answer = await ask(newQuery(name, type), { ...route, edns })
    if (answer === 'oversized') return { kind: 'servfail', rcode: 'OVERSIZED' }
    // RFC 6891 §7: a server that knows no EDNS may say so this way.
    if (answer?.rcode === 'FORMERR' && edns) edns = false
    else if (answer !== null) return toDnsAnswer(answer)
  }
  return { kind: 'timeout' }
}

async function ask(
  query: Query,
  { address, timeoutMs, edns }: Route & { edns: boolean },
): Promise<DecodedPacket | 'oversized' | null> {
  const message = encodeQuery(query, { edns })
  const read = (answer: Buffer) => (isTruncated(answer, query) ? 'truncated' : readAnswer(answer, query))
  const answer = await exchangeOverUdp(message, address, { timeoutMs, read })
  if (answer !== 'truncated') return answer

  const whole = await exchangeOverTcp(message, address, timeoutMs)
  return Buffer.isBuffer(whole) ? readAnswer(whole, query) : whole
}
