import { type DnsProvider, DnsProviderProblem, type RecordSet } from '@mooring/core'
import { parseServerAddress } from '../dns/server-address.ts'
import { checkedDnsHost } from './checked-dns-host.ts'
import { type TsigKey, type Unmet, nsupdate } from './nsupdate.ts'
import { readSets, zoneHolding } from './primary-server.ts'
import { quoteText } from './text-value.ts'

/**
 * A zone whose primary takes dynamic updates (RFC 2136), signed with a TSIG key (RFC 8945), as BIND, Knot DNS
 * and PowerDNS do. What stands there is read by ordinary DNS questions to the same server, which must answer ours.
 */
export function createRfc2136Host({
  server,
  key_name,
  algorithm,
  credentials,
}: {
  /** `ip:port`. */
  server: string
  key_name: string
  algorithm: TsigKey['algorithm']
  credentials: { secret: string }
}): DnsProvider {
  const primary = parseServerAddress(server)
  const key: TsigKey = { name: key_name, algorithm, secret: credentials.secret }
  const update = (zone: string, commands: string[], signal: AbortSignal): Promise<Unmet | null> =>
    nsupdate({ server: primary, zone, key, commands, signal })

  return checkedDnsHost({
    name: 'rfc2136',
    async findZone(name, signal) {
      const zone = await zoneHolding(primary, name, signal)
      // Anybody may ask for a zone; who changes nothing in it, but may, has a key that is good.
      if (zone !== null) await update(zone, [`prereq yxrrset ${zone}. SOA`], signal)
      return zone
    },
    async list(zone, name, signal) {
      const sets = await readSets(primary, name, signal)
      if (sets.length === 0) return []
      // A name that is not there may get the answers of a wildcard. A prerequisite knows only what is really there.
      return (await update(zone, [`prereq yxdomain ${name}.`], signal)) === null ? sets : []
    },
    async upsert(zone, set, signal) {
      const { name, type, ttlSeconds, values } = set
      const unmet = await update(
        zone,
        [
          // Otherwise the server would skip, without a word, what cannot stand beside an alias (RFC 2136 §3.4.2.2).
          ...(type === 'CNAME' ? [] : [`prereq nxrrset ${name}. CNAME`]),
          `update delete ${name}. ${type}`,
          ...values.map((value) => `update add ${name}. ${ttlSeconds} ${type} ${dataOf(type, value)}`),
        ],
        signal,
      )
      if (unmet !== null) throw inTheWay(set)
      // For an alias no prerequisite can say that nothing else is there.
      if (type !== 'CNAME') return
      const standing = await readSets(primary, name, signal)
      if (!standing.some((one) => one.type === 'CNAME' && one.values[0] === values[0])) throw inTheWay(set)
    },
    async remove(zone, { name, type }, signal) {
      await update(zone, [`update delete ${name}. ${type}`], signal)
    },
  })
}

/** As in a zone file (RFC 1035 §5.1), on one line whatever it holds. */
function dataOf(type: RecordSet['type'], value: string): string {
  if (type === 'TXT') return quoteText(value, 10)
  return type === 'CNAME' ? `${value}.` : value
}

function inTheWay({ name, type }: RecordSet): DnsProviderProblem {
  const detail =
    type === 'CNAME'
      ? `${name} has other records, and an alias cannot stand beside them (RFC 1034 §3.6.2).`
      : `${name} is an alias (CNAME), and no other records can stand beside it (RFC 1034 §3.6.2).`
  return new DnsProviderProblem('refused', detail)
}
