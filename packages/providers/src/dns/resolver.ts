import { AppError, type DnsAnswer, type Lookup, type RecordType, type Resolver, SECOND } from '@mooring/core'
import { closeLoop, loopBehindFailure } from './alias-loop.ts'
import type { AuthorityOptions } from './authority.ts'
import { lookUp } from './authoritative-lookup.ts'
import { Delegations } from './delegations.ts'
import { type RecursiveReply, askRecursive, saysSomething } from './recursive.ts'
import { ROOT_SERVERS } from './root-servers.ts'
import { type ServerAddress, parseServerAddress } from './server-address.ts'
import { zoneFromAuthority, zoneFromResolvers } from './zone-facts.ts'

const PUBLIC_RESOLVERS = ['1.1.1.1:53', '8.8.8.8:53', '9.9.9.9:53']

export interface ResolverOptions {
  /** `ip:port`, IPv6 as `[ip]:port`: asked for everything and as they are (`MOORING_DNS_SERVERS`). */
  servers?: readonly string[] | undefined
  /** Addresses where the way down to a zone begins; the internet's root servers if not given. */
  roots?: readonly string[] | undefined
  /** On which these and the zones' servers answer; 53 if not given. */
  port?: number | undefined
  /** Recursive resolvers, as `ip:port`; well-known public ones if not given. */
  resolvers?: readonly string[] | undefined
  /** CIDRs of private addresses that zones may name as their servers'. */
  allow?: readonly string[] | undefined
  /** Per attempt; there are two. */
  timeoutMs?: number | undefined
}

/** Asks DNS itself, so that no cache on this machine answers instead. */
export function createResolver(options: ResolverOptions): Resolver {
  const { timeoutMs = 2 * SECOND } = options
  return options.servers === undefined
    ? createAuthoritative(options, timeoutMs)
    : createPlain(options.servers, timeoutMs)
}

/** Goes to the zones' own servers; resolvers are asked for what the world sees. */
function createAuthoritative(
  { roots, port = 53, resolvers, allow = [] }: ResolverOptions,
  timeoutMs: number,
): Resolver {
  const recursive = addressesByName(resolvers ?? PUBLIC_RESOLVERS)
  const authority: AuthorityOptions = {
    roots: (roots ?? ROOT_SERVERS).map((address) => ({ address, family: address.includes(':') ? 6 : 4, port })),
    port,
    allow,
    timeoutMs,
    delegations: new Delegations(),
  }
  return {
    servers: [...recursive.keys()],
    lookup: (name, type) => lookUp(name, type, { ...authority, servers: 'all' }),
    lookupAtOne: (name, type) => lookUp(name, type, { ...authority, servers: 'one' }),
    ask: (name, type, server) => askNamed(recursive, { name, type, server, timeoutMs }),
    zoneOf: (name) => zoneFromAuthority(name, { ...authority, resolvers: [...recursive.values()] }),
  }
}

/** Asks the given servers, in turn until one says something. */
function createPlain(names: readonly string[], timeoutMs: number): Resolver {
  const servers = addressesByName(names)
  const lookup = async (name: string, type: RecordType): Promise<Lookup> => {
    let found: Lookup = { answer: { kind: 'timeout' }, dissenting: [], servers: [...names], serial: null }
    for (const [label, server] of servers) {
      const { answer, reply } = await askFollowing({ name, type }, { server, timeoutMs })
      found = { answer, dissenting: [], servers: [label], serial: reply?.soa?.serial ?? null }
      if (saysSomething(answer)) break
    }
    return found
  }
  return {
    servers: names,
    lookup,
    lookupAtOne: lookup,
    ask: (name, type, server) => askNamed(servers, { name, type, server, timeoutMs }),
    zoneOf: (name) => zoneFromResolvers(name, { resolvers: [...servers.values()], timeoutMs }),
  }
}

const addressesByName = (servers: readonly string[]): Map<string, ServerAddress> =>
  new Map(servers.map((server) => [server, parseServerAddress(server)]))

/** The one that is named. */
async function askNamed(
  servers: Map<string, ServerAddress>,
  { name, type, server, timeoutMs }: { name: string; type: RecordType; server: string; timeoutMs: number },
): Promise<DnsAnswer> {
  const address = servers.get(server)
  if (address === undefined) throw new AppError('INTERNAL', `"${server}" is not one of this resolver’s servers.`)
  const { answer } = await askFollowing({ name, type }, { server: address, timeoutMs })
  return answer
}

/** A resolver may fail at a chain that leads back to itself, or hand it on as it is. */
async function askFollowing(
  question: { name: string; type: RecordType },
  at: { server: ServerAddress; timeoutMs: number },
): Promise<RecursiveReply> {
  const { answer, reply } = await askRecursive(question, at)
  if (question.type === 'CNAME' || answer.kind !== 'servfail')
    return { answer: closeLoop(question.name, answer), reply }
  const cnameOf = async (name: string) => (await askRecursive({ name, type: 'CNAME' }, at)).answer
  return { answer: (await loopBehindFailure(question.name, cnameOf)) ?? answer, reply }
}
