import { DAY, HOUR, MINUTE, SECOND, isPublicSuffix, isWithin } from '@mooring/core'

/** The servers of a zone, as its parent delegates to them. */
export interface Delegation {
  /** The zone's apex; the root is the empty name. */
  zone: string
  nameServers: NameServer[]
}

export interface NameServer {
  name: string
  /** Empty when the parent gave no glue: to be looked up. */
  addresses: string[]
}

const MOST_ENTRIES = 20_000
const MOST_ADDRESSES = 4
const SUFFIX_MS = 1 * DAY
/** A customer may move a zone to another host at any moment, and then wants to see it work. */
const BELOW_MS = 30 * SECOND
const ADDRESS_MS = 1 * HOUR
const LEAST_MS = 1 * MINUTE

/**
 * What a resolver of our own remembers: how to get to zones, never what stands in them. Public suffixes and the
 * addresses of name servers, which thousands of zones share, are kept by their TTL; a customer's zone for seconds.
 */
export class Delegations {
  readonly #byZone = new Map<string, { delegation: Delegation; until: number }>()
  readonly #addresses = new Map<string, { addresses: string[]; until: number }>()

  /** The deepest one known around the name. */
  closestTo(name: string): Delegation | null {
    const labels = name.split('.')
    for (let at = 0; at < labels.length; at += 1) {
      const known = this.#byZone.get(labels.slice(at).join('.'))
      if (known !== undefined && known.until > Date.now()) return known.delegation
    }
    return null
  }

  remember(delegation: Delegation, ttlSeconds: number): void {
    const longest = isPublicSuffix(delegation.zone) ? SUFFIX_MS : BELOW_MS
    const until = Date.now() + Math.min(longest, Math.max(LEAST_MS, ttlSeconds * SECOND))
    put(this.#byZone, delegation.zone, { delegation, until })
  }

  /** No server of the zone answers as it should: the parent is asked again. */
  forget(zone: string): void {
    this.#byZone.delete(zone)
  }

  addressesOf(nameServer: string): string[] | null {
    const known = this.#addresses.get(nameServer)
    return known !== undefined && known.until > Date.now() ? known.addresses : null
  }

  rememberAddresses(nameServer: string, addresses: string[], ttlSeconds: number): void {
    const until = Date.now() + Math.min(ADDRESS_MS, Math.max(LEAST_MS, ttlSeconds * SECOND))
    put(this.#addresses, nameServer, { addresses: addresses.slice(0, MOST_ADDRESSES), until })
  }
}

/** The oldest entry goes first: a Map keeps the order of insertion. */
function put<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > MOST_ENTRIES) map.delete(map.keys().next().value as string)
}

/** True for a name in the zone; everything is in the root. */
export const isIn = (name: string, zone: string): boolean => zone === '' || isWithin(name, zone)
