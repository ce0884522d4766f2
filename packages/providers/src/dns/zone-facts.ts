import { type ZoneFacts, isWithin } from '@mooring/core'
import { type AuthorityOptions, type ServerReply, askZone, newBudget } from './authority.ts'
import { isIn } from './delegations.ts'
import { askRecursive, saysSomething } from './recursive.ts'
import type { Soa } from './reply.ts'
import type { ServerAddress } from './server-address.ts'

interface Recursive {
  resolvers: readonly ServerAddress[]
  timeoutMs: number
}

/** From the zone's own servers; what DNSSEC says of it comes from a resolver that validates. */
export async function zoneFromAuthority(
  name: string,
  options: AuthorityOptions & Recursive,
): Promise<ZoneFacts | null> {
  const question = { name, type: 'SOA' as const }
  const asked = { ...options, servers: 'one' as const, budget: newBudget() }
  const { zone, nameServers, replies } = await askZone(question, asked)
  // Of an alias, a server that has the other zone as well shows that one's SOA.
  const soa = soaAbove(name, replies) ?? soaAbove(zone, (await askZone({ ...question, name: zone }, asked)).replies)
  // Not even its parent could be asked: there is nothing to say about any zone.
  if (zone === '' && soa === null) return null
  const apex = soa?.zone ?? zone
  return { name: apex, nameServers, ...soaFacts(soa), dnssec: await dnssecOf(apex, options) }
}

/** From resolvers that were given instead; null when they know nothing of zones, as some in test networks. */
export async function zoneFromResolvers(name: string, { resolvers, timeoutMs }: Recursive): Promise<ZoneFacts | null> {
  for (const server of resolvers) {
    const soa = await soaFromResolver(name, { server, timeoutMs })
    if (soa === null) continue
    const { reply: named } = await askRecursive({ name: soa.zone, type: 'NS' }, { server, timeoutMs })
    const nameServers = (named?.answers ?? []).filter(({ type }) => type === 'NS').map(({ value }) => value)
    const dnssec = await dnssecOf(soa.zone, { resolvers, timeoutMs })
    return { name: soa.zone, nameServers: nameServers.toSorted(), ...soaFacts(soa), dnssec }
  }
  return null
}

/** Of an alias, it shows the SOA of the zone that leads to: the zone of the name is asked for one label up. */
async function soaFromResolver(name: string, at: { server: ServerAddress; timeoutMs: number }): Promise<Soa | null> {
  const { reply } = await askRecursive({ name, type: 'SOA' }, at)
  const soa = reply?.soa ?? null
  // Some name a zone of their own for whatever they are asked.
  if (soa !== null && isWithin(name, soa.zone)) return soa
  const isAlias = reply?.answers.some(({ type }) => type === 'CNAME') === true
  const parent = name.slice(name.indexOf('.') + 1)
  return isAlias && parent.includes('.') ? soaFromResolver(parent, at) : null
}

function soaAbove(name: string, replies: ServerReply[]): Soa | null {
  const found = replies.flatMap(({ reply }) => (reply?.soa == null ? [] : [reply.soa]))
  return found.find(({ zone }) => isIn(name, zone)) ?? null
}

const soaFacts = (soa: Soa | null): Pick<ZoneFacts, 'serial' | 'negativeTtlSeconds'> => ({
  serial: soa?.serial ?? null,
  negativeTtlSeconds: soa?.negativeTtlSeconds ?? null,
})

/** Signed when the parent says so by a DS record (RFC 4035 §2.4); bogus when that is so and the signatures do not hold. */
async function dnssecOf(zone: string, { resolvers, timeoutMs }: Recursive): Promise<ZoneFacts['dnssec']> {
  for (const server of resolvers) {
    const { answer } = await askRecursive({ name: zone, type: 'SOA' }, { server, timeoutMs })
    if (answer.kind === 'bogus') return 'bogus'
    if (!saysSomething(answer)) continue
    const { answer: parent, reply } = await askRecursive({ name: zone, type: 'DS' }, { server, timeoutMs })
    if (saysSomething(parent)) return reply?.hasDs === true ? 'signed' : 'unsigned'
  }
  return 'unknown'
}
