import { Resolver } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import type { Log } from '@mooring/core'

/** Addresses of upstreams given by name. nginx gets addresses only, so a name cannot change between check and use. */
export interface HostResolver {
  /** Known addresses at once, else a look-up; empty when the name has none that may be used. */
  addressesOf(host: string): Promise<string[]>
  /** Forgets all but these; the rest is looked up again as its TTL says. */
  keepOnly(hosts: ReadonlySet<string>): void
  stop(): void
}

interface Known {
  addresses: string[]
  /** When the addresses were last confirmed, by `performance.now()`. */
  confirmedAt: number
  timer: NodeJS.Timeout | null
}

const SHORTEST_TTL_MS = 5_000
const LONGEST_TTL_MS = 300_000
/** A name without addresses is looked up again after this long. */
const DEAD_RETRY_MS = 10_000
/** How long addresses outlive a DNS server that fails or is silent (RFC 8767); a name that says it is gone is gone. */
const STALE_MS = 3_600_000
const MOST_ADDRESSES = 16

export function createHostResolver(options: {
  /** Why an address may not be connected to, or null. Targets and services differ in it. */
  refusalOf: (address: string) => string | null
  /** `ip:port`; the machine's own servers when empty. */
  dnsServers: readonly string[]
  /** A name has other addresses than before. */
  onChange: () => void
  log: Log
}): HostResolver {
  const { refusalOf, log, onChange } = options
  const dns = new Resolver({ timeout: 2_000, tries: 2 })
  if (options.dnsServers.length > 0) dns.setServers(options.dnsServers)
  const known = new Map<string, Known>()
  const inFlight = new Map<string, Promise<string[]>>()
  let stopped = false

  async function renew(host: string): Promise<string[]> {
    const found = await lookUp(dns, host)
    const before = known.get(host)
    if (before?.timer) clearTimeout(before.timer)
    const now = performance.now()
    const isStillGood = before !== undefined && now - before.confirmedAt < STALE_MS
    const failed = found === 'failed'
    const addresses = failed ? (isStillGood ? before.addresses : []) : permitted(host, found.addresses)
    const retryMs = failed || addresses.length === 0 ? DEAD_RETRY_MS : clamp(found.ttlMs)
    if (stopped) return addresses
    const timer = setTimeout(() => void look(host), retryMs)
    timer.unref()
    known.set(host, { addresses, confirmedAt: failed ? (before?.confirmedAt ?? 0) : now, timer })
    if (before !== undefined && before.addresses.join() !== addresses.join()) {
      log.info({ host, addresses }, 'an upstream has other addresses')
      onChange()
    }
    return addresses
  }

  function look(host: string): Promise<string[]> {
    const asked = inFlight.get(host) ?? renew(host).finally(() => inFlight.delete(host))
    inFlight.set(host, asked)
    return asked
  }

  function permitted(host: string, addresses: string[]): string[] {
    const allowed = addresses.filter((address) => {
      const refusal = refusalOf(address)
      if (refusal !== null) log.warn({ host, refusal }, 'an upstream’s address may not be used')
      return refusal === null
    })
    return allowed.toSorted().slice(0, MOST_ADDRESSES)
  }

  return {
    addressesOf: async (host) => known.get(host)?.addresses ?? look(host),
    keepOnly(hosts) {
      for (const [host, { timer }] of known) {
        if (hosts.has(host)) continue
        if (timer !== null) clearTimeout(timer)
        known.delete(host)
      }
    },
    stop() {
      stopped = true
      for (const { timer } of known.values()) if (timer !== null) clearTimeout(timer)
      dns.cancel()
    },
  }
}

type Found = { addresses: string[]; ttlMs: number } | 'failed'

async function lookUp(dns: Resolver, host: string): Promise<Found> {
  const families = hasIpv6()
    ? [dns.resolve4(host, { ttl: true }), dns.resolve6(host, { ttl: true })]
    : [dns.resolve4(host, { ttl: true })]
  const answers = await Promise.all(families.map((asked) => asked.catch((error: NodeJS.ErrnoException) => error)))
  const records = answers.flatMap((answer) => (answer instanceof Error ? [] : answer))
  if (records.length > 0) {
    return {
      addresses: records.map(({ address }) => address),
      ttlMs: Math.min(...records.map(({ ttl }) => ttl)) * 1000,
    }
  }
  const saysNo = answers.every((answer) => answer instanceof Error && DEAD.has(answer.code ?? ''))
  return saysNo ? { addresses: [], ttlMs: 0 } : 'failed'
}

// c-ares: no such name, no record of that type, and text that cannot be a name.
const DEAD = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME'])

const hasIpv6 = (): boolean =>
  Object.values(networkInterfaces()).some((entries) =>
    entries?.some(({ family, internal }) => family === 'IPv6' && !internal),
  )

const clamp = (ms: number): number => Math.min(Math.max(ms, SHORTEST_TTL_MS), LONGEST_TTL_MS)
