import { type ZoneFacts, isPublicSuffix } from '@mooring/core'
import { type AuthorityOptions, type ServerReply, type Walk, askZone } from './authority.ts'
import { newBudget } from './budget.ts'
import { isIn } from './delegations.ts'
import { type AtResolver, askRecursive, saysSomething } from './recursive.ts'
import type { Soa } from './reply.ts'

/** From the zone's own servers; what DNSSEC says of it comes from a resolver that validates. */
export async function zoneFromAuthority(
  name: string,
  options: AuthorityOptions,
  resolvers: AtResolver[],
): Promise<ZoneFacts | null> {
  const walk: Walk = { ...options, servers: 'one', budget: newBudget() }
  const { zone, nameServers, replies } = await askZone({ name, type: 'SOA' }, walk)
  // Of an alias, a server that has the other zone as well shows that one's SOA.
  const soa = soaAbove(name, replies) ?? soaAbove(zone, (await askZone({ name: zone, type: 'SOA' }, walk)).replies)
  // The way down ends at a registry that does not answer: which zone the name lies in is not known.
  if (soa === null && (zone === '' || isPublicSuffix(zone))) return null
  const apex = soa?.zone ?? zone
  return { name: apex, nameServers, ...soaFacts(soa), dnssec: await dnssecOf(apex, resolvers) }
}

/** From resolvers that were given instead; null when they know nothing of zones, as some in test networks. */
export async function zoneFromResolvers(name: string, resolvers: AtResolver[]): Promise<ZoneFacts | null> {
  for (const at of resolvers) {
    const soa = await soaFromResolver(name, at)
    if (soa === null) continue
    const { reply: named } = await askRecursive({ name: soa.zone, type: 'NS' }, at)
    const nameServers = (named?.answers ?? []).filter(({ type }) => type === 'NS').map(({ value }) => value)
    const dnssec = await dnssecOf(soa.zone, resolvers)
    return { name: soa.zone, nameServers: nameServers.toSorted(), ...soaFacts(soa), dnssec }
  }
  return null
}

/** Of an alias, it shows the SOA of the zone that leads to: the zone of the name is asked for one label up. */
async function soaFromResolver(name: string, at: AtResolver): Promise<Soa | null> {
  const { reply } = await askRecursive({ name, type: 'SOA' }, at)
  const soa = reply?.soa ?? null
  // Some name a zone of their own for whatever they are asked.
  if (soa !== null && isIn(name, soa.zone)) return soa
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
async function dnssecOf(zone: string, resolvers: AtResolver[]): Promise<ZoneFacts['dnssec']> {
  for (const at of resolvers) {
    const { answer } = await askRecursive({ name: zone, type: 'SOA' }, at)
    if (answer.kind === 'bogus') return 'bogus'
    if (!saysSomething(answer)) continue
    const { answer: parent, reply } = await askRecursive({ name: zone, type: 'DS' }, at)
    if (saysSomething(parent)) return reply?.hasDs === true ? 'signed' : 'unsigned'
  }
  return 'unknown'
}
