import { type Delegation, isIn } from './delegations.ts'
import type { Reply } from './reply.ts'

/** Of one zone that are remembered; the root has 13. A hostile one names hundreds, for us to keep and to ask. */
const MOST_NAME_SERVERS = 13
const MOST_ADDRESSES = 4

/**
 * Where a server sends us on to. It must lead down, towards the name: any other referral is a lame server's, or worse.
 * Some set the AA bit on theirs; what tells a referral apart is that it has neither an answer nor the zone's SOA.
 */
export function referralIn(
  reply: Reply | null,
  { name, zone }: { name: string; zone: string },
): { delegation: Delegation; ttlSeconds: number } | null {
  if (reply === null || reply.rcode !== 'NOERROR' || reply.answers.length > 0 || reply.soa !== null) return null
  const owner = reply.referral[0]?.name
  if (owner === undefined || owner === zone || !isIn(owner, zone) || !isIn(name, owner)) return null
  const delegated = reply.referral.filter((record) => record.name === owner).slice(0, MOST_NAME_SERVERS)
  const nameServers = delegated.map(({ value }) => ({ name: value, addresses: glueOf(value, reply, zone) }))
  return { delegation: { zone: owner, nameServers }, ttlSeconds: Math.min(...delegated.map((ns) => ns.ttlSeconds)) }
}

/** Only within the zone that says so: addresses of others' servers are not its to give (RFC 2181 §5.4.1). */
function glueOf(server: string, { glue }: Reply, zone: string): string[] {
  if (!isIn(server, zone)) return []
  const addresses = glue.filter((record) => record.name === server).map(({ value }) => value)
  return addresses.slice(0, MOST_ADDRESSES)
}

/** An answer with authority, also "there is no such name". A lame server has neither that nor a way further down. */
export const isAnswer = (reply: Reply | null): reply is Reply =>
  reply !== null && reply.isAuthoritative && (reply.rcode === 'NOERROR' || reply.rcode === 'NXDOMAIN')
