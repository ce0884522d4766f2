import { type DnsRecord, SECOND, refusalOf } from '@mooring/core'
import { type Delegation, type Delegations, type NameServer, isIn } from './delegations.ts'
import { type Question, isUnaskable } from './message.ts'
import { queryServer } from './query-server.ts'
import type { Reply } from './reply.ts'
import type { ServerAddress } from './server-address.ts'

/** Servers of one zone that are asked; more than these would only cost time. */
const MOST_SERVERS = 8
/** Name servers whose own address has to be looked up first: a zone that lists a hundred gets no more out of us. */
const MOST_GLUELESS = 4
const DEEPEST = 4
const MOST_REFERRALS = 12

export interface AuthorityOptions {
  roots: readonly ServerAddress[]
  /** Of every server below the roots. */
  port: number
  /** CIDRs of private addresses that may be asked. */
  allow: readonly string[]
  timeoutMs: number
  delegations: Delegations
}

/** What one look-up may cost, whatever the zones on its way say. */
export class Budget {
  #queries: number
  readonly #until: number

  constructor({ queries, ms }: { queries: number; ms: number }) {
    this.#queries = queries
    this.#until = performance.now() + ms
  }

  /** False when nothing is left. */
  spend(): boolean {
    this.#queries -= 1
    return this.#queries >= 0 && performance.now() < this.#until
  }

  /** Within the time that is left. */
  bound(ms: number): number {
    return Math.max(1, Math.min(ms, this.#until - performance.now()))
  }
}

export const newBudget = (): Budget => new Budget({ queries: 60, ms: 8 * SECOND })

/** A server of the zone and what it said; `timeout` for none, and for one that does not know the zone its refusal. */
export interface ServerReply {
  /** `name (ip)`. */
  server: string
  reply: Reply | null
}

export interface ZoneReplies {
  zone: string
  nameServers: string[]
  /** In the order they were asked; the first that answered with authority comes first. */
  replies: ServerReply[]
}

/**
 * Walks from the closest zone that is known down to the one that holds the name, and asks its servers: all of them, or
 * with `one` as many as it takes to get an answer.
 */
export async function askZone(
  question: Question,
  {
    servers,
    budget,
    depth = 0,
    ...options
  }: AuthorityOptions & { servers: 'all' | 'one'; budget: Budget; depth?: number },
): Promise<ZoneReplies> {
  const walk = { ...options, budget, depth }
  let here = options.delegations.closestTo(question.name) ?? root(options.roots)
  if (isUnaskable(question.name)) return { zone: here.zone, nameServers: [], replies: [] }

  for (let step = 0; step < MOST_REFERRALS; step += 1) {
    const candidates = await serversOf(here, walk)
    const asked = await firstAnswer(question, candidates, walk)
    const found = asked.at(-1)
    const below = found?.reply == null ? null : referralIn(found.reply, question.name, here.zone)
    if (below !== null) {
      options.delegations.remember(below.delegation, below.ttlSeconds)
      here = below.delegation
      continue
    }
    if (!asked.some(({ reply }) => isAnswer(reply))) options.delegations.forget(here.zone)
    const rest = servers === 'all' ? await askAll(question, candidates.slice(asked.length), walk) : []
    const ordered = [...asked.toReversed(), ...rest]
    return { zone: here.zone, nameServers: here.nameServers.map(({ name }) => name).toSorted(), replies: ordered }
  }
  return { zone: here.zone, nameServers: [], replies: [] }
}

type Walk = AuthorityOptions & { budget: Budget; depth: number }

const root = (roots: readonly ServerAddress[]): Delegation & { roots: readonly ServerAddress[] } => ({
  zone: '',
  nameServers: [],
  roots,
})

interface Candidate {
  label: string
  address: ServerAddress
}

/** One address of each name server; those that came with glue first, since the others cost look-ups of their own. */
async function serversOf(
  delegation: Delegation & { roots?: readonly ServerAddress[] },
  walk: Walk,
): Promise<Candidate[]> {
  if (delegation.roots !== undefined) {
    return delegation.roots.map((address) => ({ label: `root (${address.address})`, address }))
  }
  const withGlue = delegation.nameServers.filter(({ addresses }) => addresses.length > 0)
  const glueless = delegation.nameServers.filter(({ addresses }) => addresses.length === 0).slice(0, MOST_GLUELESS)
  const looked = await Promise.all(
    glueless.map(async ({ name }) => ({ name, addresses: await addressesOf(name, delegation.zone, walk) })),
  )
  return [...withGlue, ...looked].slice(0, MOST_SERVERS).flatMap((nameServer) => candidateOf(nameServer, walk))
}

/** IPv4 first: not every machine has a way to IPv6. A private address is never asked unless the operator allows it. */
function candidateOf({ name, addresses }: NameServer, { allow, port }: Walk): Candidate[] {
  const allowed = addresses.filter((address) => refusalOf(address, { allow }) === null)
  const address = allowed.find((candidate) => !candidate.includes(':')) ?? allowed[0]
  if (address === undefined) return []
  return [{ label: `${name} (${address})`, address: { address, family: address.includes(':') ? 6 : 4, port } }]
}

/** Of a name server outside the zones on the way: found as any other name, on the same budget. */
async function addressesOf(name: string, zone: string, walk: Walk): Promise<string[]> {
  const known = walk.delegations.addressesOf(name)
  if (known !== null) return known
  // A server within the zone it serves cannot be found without glue, and depth is how loops of such zones end.
  if (walk.depth >= DEEPEST || isIn(name, zone)) return []
  const { replies } = await askZone({ name, type: 'A' }, { ...walk, servers: 'one', depth: walk.depth + 1 })
  const records = replies.flatMap(({ reply }) => reply?.answers ?? []).filter(({ type }) => type === 'A')
  const addresses = records.map(({ value }) => value)
  if (addresses.length > 0) walk.delegations.rememberAddresses(name, addresses, records[0]?.ttlSeconds ?? 0)
  return addresses
}

/** Asks in turn until one answers with authority or leads further down; returns all that were asked. */
async function firstAnswer(question: Question, candidates: Candidate[], walk: Walk): Promise<ServerReply[]> {
  const asked: ServerReply[] = []
  for (const candidate of candidates) {
    const reply = await askOne(question, candidate, walk)
    asked.push({ server: candidate.label, reply })
    if (isAnswer(reply) || isReferral(reply)) break
  }
  return asked
}

const askAll = (question: Question, candidates: Candidate[], walk: Walk): Promise<ServerReply[]> =>
  Promise.all(
    candidates.map(async (candidate) => ({ server: candidate.label, reply: await askOne(question, candidate, walk) })),
  )

async function askOne(question: Question, { address }: Candidate, { budget, timeoutMs }: Walk): Promise<Reply | null> {
  if (!budget.spend()) return null
  return queryServer(question, { server: address, manner: 'iterative', timeoutMs: budget.bound(timeoutMs) })
}

/** An answer with authority, also "there is no such name". A lame server has neither that nor a way further down. */
export const isAnswer = (reply: Reply | null): reply is Reply =>
  reply !== null && reply.isAuthoritative && (reply.rcode === 'NOERROR' || reply.rcode === 'NXDOMAIN')

const isReferral = (reply: Reply | null): boolean =>
  reply !== null && !reply.isAuthoritative && reply.rcode === 'NOERROR' && reply.referral.length > 0

/** A referral must lead down, towards the name; any other is a lame server's, or worse. */
function referralIn(reply: Reply, name: string, zone: string): { delegation: Delegation; ttlSeconds: number } | null {
  if (!isReferral(reply)) return null
  const owner = reply.referral[0]?.name
  if (owner === undefined || owner === zone || !isIn(owner, zone) || !isIn(name, owner)) return null
  const delegated = reply.referral.filter((record) => record.name === owner)
  return {
    delegation: { zone: owner, nameServers: delegated.map(({ value }) => ({ name: value, addresses: glueOf(value) })) },
    ttlSeconds: Math.min(...delegated.map(({ ttlSeconds }) => ttlSeconds)),
  }

  // Only within the zone that says so: addresses of others' servers are not its to give (RFC 2181 §5.4.1).
  function glueOf(server: string): string[] {
    if (!isIn(server, zone)) return []
    return reply.glue.filter((record: DnsRecord) => record.name === server).map(({ value }) => value)
  }
}
