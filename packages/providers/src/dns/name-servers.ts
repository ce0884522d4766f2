import { refusalOf } from '@mooring/core'
import type { Delegation, NameServer } from './delegations.ts'
import type { ServerAddress } from './server-address.ts'

/** Servers of one zone that are asked; more than these would only cost time. */
const MOST_SERVERS = 8
/** Name servers whose own address has to be looked up first: a zone that lists a hundred gets no more out of us. */
const MOST_GLUELESS = 4

/** A server of a zone, where it is asked. */
export interface Candidate {
  /** `name (ip)`. */
  label: string
  address: ServerAddress
}

interface Reach {
  /** CIDRs of private addresses that may be asked. */
  allow: readonly string[]
  port: number
  addressesOf: (nameServer: string) => Promise<string[]>
}

/**
 * One address of each name server. Those that came with glue are first, since the others cost look-ups of their own;
 * several names of one machine are one server.
 */
export async function serversOf({ nameServers }: Delegation, reach: Reach): Promise<Candidate[]> {
  const withGlue = nameServers.filter(({ addresses }) => addresses.length > 0)
  const glueless = nameServers.filter(({ addresses }) => addresses.length === 0).slice(0, MOST_GLUELESS)
  const looked = await Promise.all(
    glueless.map(async ({ name }) => ({ name, addresses: await reach.addressesOf(name) })),
  )
  const candidates = [...withGlue, ...looked].flatMap((nameServer) => candidateOf(nameServer, reach))
  const byAddress = Map.groupBy(candidates, ({ address }) => address.address)
  return [...byAddress.values()].flatMap(([first]) => first ?? []).slice(0, MOST_SERVERS)
}

/** IPv4 first: not every machine has a way to IPv6. A private address is never asked unless the operator allows it. */
function candidateOf({ name, addresses }: NameServer, { allow, port }: Reach): Candidate[] {
  const allowed = addresses.filter((address) => refusalOf(address, { allow }) === null)
  const address = allowed.find((candidate) => !candidate.includes(':')) ?? allowed[0]
  if (address === undefined) return []
  return [{ label: `${name} (${address})`, address: { address, family: address.includes(':') ? 6 : 4, port } }]
}

/** In another order each time, so that not every walk begins at the same one. */
export function rootServers(roots: readonly ServerAddress[]): Candidate[] {
  const first = Math.floor(Math.random() * roots.length)
  const turned = [...roots.slice(first), ...roots.slice(0, first)]
  return turned.map((address) => ({ label: `root (${address.address})`, address }))
}
