import { SECOND } from '@mooring/core'
import type { Budget } from './budget.ts'
import { type Delegation, type Delegations, isIn } from './delegations.ts'
import { firstUseful } from './first-useful.ts'
import { type Question, isUnaskable } from './message.ts'
import { type Candidate, rootServers, serversOf } from './name-servers.ts'
import { queryServer } from './query-server.ts'
import { isAnswer, referralIn } from './referral.ts'
import type { Reply } from './reply.ts'
import type { ServerAddress } from './server-address.ts'

/** Name servers whose names lie in zones whose name servers' names lie in zones …: loops of such end here. */
const DEEPEST = 4
const MOST_REFERRALS = 12
/** Once one server of a zone has answered, the others get no longer than this. */
const STRAGGLER_MS = 1.5 * SECOND

export interface AuthorityOptions {
  roots: readonly ServerAddress[]
  /** Of every server below the roots. */
  port: number
  /** CIDRs of private addresses that may be asked. */
  allow: readonly string[]
  /** Per attempt. */
  timeoutMs: number
  delegations: Delegations
}

export interface Walk extends AuthorityOptions {
  /** `one`: as many as it takes to get an answer. */
  servers: 'all' | 'one'
  budget: Budget
}

/** A server of the zone and what it said; null when it stayed silent. */
export interface ServerReply {
  /** `name (ip)`. */
  server: string
  reply: Reply | null
}

export interface ZoneReplies {
  zone: string
  nameServers: string[]
  replies: ServerReply[]
}

/** Walks from the closest zone that is known down to the one that holds the name, and asks its servers. */
export async function askZone(question: Question, walk: Walk, depth = 0): Promise<ZoneReplies> {
  let here = walk.delegations.closestTo(question.name)
  const zoneOf = (delegation: Delegation | null) => delegation?.zone ?? ''
  if (isUnaskable(question.name)) return { zone: zoneOf(here), nameServers: [], replies: [] }

  for (let step = 0; step < MOST_REFERRALS; step += 1) {
    const zone = zoneOf(here)
    const addressesOf = (server: string) => addressesOfServer(server, { zone, walk, depth })
    const candidates = here === null ? rootServers(walk.roots) : await serversOf(here, { ...walk, addressesOf })
    const { below, replies } = await askServers(question, { ...walk, zone, candidates })
    if (below === null) {
      return { zone, nameServers: (here?.nameServers ?? []).map(({ name }) => name).toSorted(), replies }
    }
    walk.delegations.remember(below.delegation, below.ttlSeconds)
    here = below.delegation
  }
  return { zone: zoneOf(here), nameServers: [], replies: [] }
}

type Referral = ReturnType<typeof referralIn>

/** The servers of one zone, until one leads further down. Replies are in the zone's order, whoever was faster. */
async function askServers(
  question: Question,
  { zone, candidates, servers, budget, timeoutMs, delegations }: Walk & { zone: string; candidates: Candidate[] },
): Promise<{ below: Referral; replies: ServerReply[] }> {
  const enough = new AbortController()
  const signal = AbortSignal.any([budget.signal, enough.signal])
  const asking = new Map<Candidate, Promise<ServerReply>>()
  const begin = async ({ label, address }: Candidate): Promise<ServerReply> => {
    const asked = { server: address, manner: 'iterative' as const, timeoutMs, signal }
    return { server: label, reply: budget.spend() ? await queryServer(question, asked) : null }
  }
  const ask = (candidate: Candidate): Promise<ServerReply> => {
    const reply = asking.get(candidate) ?? begin(candidate)
    asking.set(candidate, reply)
    return reply
  }
  const leadOf = ({ reply }: ServerReply) => referralIn(reply, { name: question.name, zone })
  const found = await firstUseful(candidates, ask, (one) => isAnswer(one.reply) || leadOf(one) !== null)

  const below = found && leadOf(found)
  if (found === null) delegations.forget(zone)
  if (below !== null || (found !== null && servers === 'one')) {
    enough.abort()
    return { below, replies: found === null ? [] : [found] }
  }
  const stragglers = setTimeout(() => enough.abort(), STRAGGLER_MS)
  const replies = await Promise.all(candidates.map(ask))
  clearTimeout(stragglers)
  return { below: null, replies }
}

/** Of a name server without glue: found as any other name, on the same budget. */
async function addressesOfServer(
  name: string,
  { zone, walk, depth }: { zone: string; walk: Walk; depth: number },
): Promise<string[]> {
  const known = walk.delegations.addressesOf(name)
  if (known !== null) return known
  // A server within the zone it serves cannot be found without glue.
  if (depth >= DEEPEST || isIn(name, zone)) return []
  for (const type of ['A', 'AAAA'] as const) {
    const { replies } = await askZone({ name, type }, { ...walk, servers: 'one' }, depth + 1)
    const answers = replies.flatMap(({ reply }) => (isAnswer(reply) ? [reply] : []))
    if (answers.length === 0) return []
    const records = answers.flatMap((reply) => reply.answers).filter((one) => one.type === type && one.name === name)
    if (records.length === 0) continue
    const addresses = records.map(({ value }) => value)
    walk.delegations.rememberAddresses(name, addresses, records[0]?.ttlSeconds ?? 0)
    return addresses
  }
  return []
}
