import { AppError, type DnsAnswer, type Lookup, type Resolver, SECOND } from '@mooring/core'
import { closeLoop, loopBehindFailure } from './alias-chain.ts'
import type { AuthorityOptions } from './authority.ts'
import { lookUp } from './authoritative-lookup.ts'
import { Delegations, isIn } from './delegations.ts'
import { type RecordQuestion, bare } from './message.ts'
import { type AtResolver, type RecursiveReply, askRecursive, saysSomething } from './recursive.ts'
import { ROOT_SERVERS } from './root-servers.ts'
import { parseServerAddress } from './server-address.ts'
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
  /** Per attempt, of which there are two; 1 s for a zone's own servers and 2 s for resolvers if not given. */
  timeoutMs?: number | undefined
}

/** A resolver that has to ask around itself takes longer than a zone's own server. */
const RECURSIVE_TIMEOUT_MS = 2 * SECOND
const AUTHORITATIVE_TIMEOUT_MS = 1 * SECOND
/** Whatever one question to resolvers leads to ends within this. */
const LONGEST_MS = 10 * SECOND

/** Asks DNS itself, so that no cache on this machine answers instead. */
export const createResolver = (options: ResolverOptions): Resolver =>
  options.servers === undefined ? createAuthoritative(options) : createPlain(options.servers, options)

/** Goes to the zones' own servers; resolvers are asked for what the world sees. */
function createAuthoritative({ roots, port = 53, resolvers, allow = [], timeoutMs }: ResolverOptions): Resolver {
  const recursive = resolversAt(resolvers ?? PUBLIC_RESOLVERS, timeoutMs)
  const authority: AuthorityOptions = {
    roots: (roots ?? ROOT_SERVERS).map((address) => ({ address, family: address.includes(':') ? 6 : 4, port })),
    port,
    allow,
    timeoutMs: timeoutMs ?? AUTHORITATIVE_TIMEOUT_MS,
    delegations: new Delegations(),
  }
  return {
    servers: [...recursive.addresses.keys()],
    lookup: (name, type) => lookUp({ name: bare(name), type }, { ...authority, servers: 'all' }),
    lookupAtOne: (name, type) => lookUp({ name: bare(name), type }, { ...authority, servers: 'one' }),
    ask: async (name, type, server) => askNamed({ name: bare(name), type }, recursive.named(server)),
    zoneOf: (name) => zoneFromAuthority(bare(name), authority, recursive.all()),
  }
}

/** Asks the given servers, in turn until one says something. */
function createPlain(names: readonly string[], { timeoutMs }: ResolverOptions): Resolver {
  const given = resolversAt(names, timeoutMs)
  const lookup: Resolver['lookup'] = async (name, type) => {
    let found: Lookup = { answer: { kind: 'timeout' }, dissenting: [], servers: [...names], serial: null }
    for (const label of names) {
      const { answer, reply } = await askFollowing({ name: bare(name), type }, given.named(label))
      found = { answer, dissenting: [], servers: [label], serial: serialIn(bare(name), reply) }
      if (saysSomething(answer)) break
    }
    return found
  }
  return {
    servers: names,
    lookup,
    lookupAtOne: lookup,
    ask: async (name, type, server) => askNamed({ name: bare(name), type }, given.named(server)),
    zoneOf: (name) => zoneFromResolvers(bare(name), given.all()),
  }
}

/** The servers by their `ip:port`; each time one is taken, its time begins. */
function resolversAt(names: readonly string[], timeoutMs = RECURSIVE_TIMEOUT_MS) {
  const addresses = new Map(names.map((name) => [name, parseServerAddress(name)]))
  const limits = () => ({ timeoutMs, signal: AbortSignal.timeout(LONGEST_MS) })
  return {
    addresses,
    named(name: string): AtResolver {
      const server = addresses.get(name)
      if (server === undefined) throw new AppError('INTERNAL', `"${name}" is not one of this resolver’s servers.`)
      return { server, ...limits() }
    },
    all(): AtResolver[] {
      const shared = limits()
      return [...addresses.values()].map((server) => ({ server, ...shared }))
    },
  }
}

const askNamed = async (question: RecordQuestion, at: AtResolver): Promise<DnsAnswer> =>
  (await askFollowing(question, at)).answer

/** A resolver may fail at a chain that leads back to itself, or hand it on as it is. */
async function askFollowing(question: RecordQuestion, at: AtResolver): Promise<RecursiveReply> {
  const { answer, reply } = await askRecursive(question, at)
  if (question.type === 'CNAME' || answer.kind !== 'servfail')
    return { answer: closeLoop(question.name, answer), reply }
  const cnameOf = async (name: string) => (await askRecursive({ name, type: 'CNAME' }, at)).answer
  return { answer: (await loopBehindFailure(question.name, cnameOf)) ?? answer, reply }
}

/** Of an alias, a resolver shows the SOA of the zone that leads to: that one's serial is not this name's. */
const serialIn = (name: string, reply: RecursiveReply['reply']): number | null =>
  reply?.soa != null && isIn(name, reply.soa.zone) ? reply.soa.serial : null
