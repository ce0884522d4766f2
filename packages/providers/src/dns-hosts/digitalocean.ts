import type { DnsProvider, RecordSet } from '@mooring/core'
import { z } from 'zod'
import { checkedDnsHost } from './checked-dns-host.ts'
import { createJsonApi, understand } from './json-api.ts'
import { type SingleRecord, editsTowards, groupIntoSets, isRecordType, withoutDot } from './single-records.ts'
import { zonesAbove } from './zone-ids.ts'

const URL_OF_API = 'https://api.digitalocean.com/v2'
const PAGE_SIZE = 200

const recordsSchema = z.object({
  domain_records: z.array(
    z.object({ id: z.number(), type: z.string(), name: z.string(), data: z.string().nullable(), ttl: z.number() }),
  ),
  links: z.object({ pages: z.object({ next: z.string().optional() }).optional() }).optional(),
})
const errorSchema = z.object({ message: z.string() })

/**
 * DigitalOcean's API, version 2, with a token of the scopes `domain:read`, `create`, `update` and `delete`. It knows no
 * sets: a record has one value, a name relative to its zone (`@` is the apex), and TXT data without quotes.
 *
 * Source: https://docs.digitalocean.com/reference/api/reference/domain-records/
 */
export function createDigitalOceanHost(
  credentials: { token: string },
  { url = URL_OF_API }: { url?: string } = {},
): DnsProvider {
  const api = createJsonApi({
    host: 'DigitalOcean',
    url,
    token: credentials.token,
    complaintIn: (body) => errorSchema.safeParse(body).data?.message ?? '',
    limitEnds: (headers) => epochIn(headers.get('ratelimit-reset')),
  })

  async function read(zone: string, name: string, signal: AbortSignal): Promise<SingleRecord<number>[]> {
    const records: SingleRecord<number>[] = []
    for (let page = 1, more = true; more; page++) {
      // Nothing says that the filter takes an asterisk for itself, so for a wildcard the whole zone is read.
      const filter = name.startsWith('*.') ? {} : { name }
      const query = { ...filter, page: String(page), per_page: String(PAGE_SIZE) }
      const answer = understand('DigitalOcean', recordsSchema, await api.send('GET', pathOf(zone), { query, signal }))
      for (const { id, type, name: relative, data, ttl } of answer.domain_records) {
        if (absolute(relative, zone) !== name || !isRecordType(type)) continue
        records.push({ id, type, value: valueOf(type, data ?? '', zone), ttlSeconds: ttl })
      }
      more = answer.links?.pages?.next !== undefined
    }
    return records
  }

  return checkedDnsHost({
    name: 'digitalocean',
    async findZone(name, signal) {
      for (const zone of zonesAbove(name)) {
        if ((await api.sendIfThere('GET', `/domains/${zone}`, { signal })) !== null) return zone
      }
      return null
    },
    async list(zone, name, signal) {
      return groupIntoSets(name, await read(zone, name, signal))
    },
    async upsert(zone, set, signal) {
      const present = (await read(zone, set.name, signal)).filter(({ type }) => type === set.type)
      const { update, create, remove } = editsTowards(set, present)
      const bodyOf = (value: string) => ({
        type: set.type,
        name: relativeTo(zone, set.name),
        // "Data needs to end with a dot" (422), although it is shown without.
        data: set.type === 'CNAME' ? `${value}.` : value,
        ttl: set.ttlSeconds,
      })
      for (const { id, value } of update)
        await api.send('PUT', `${pathOf(zone)}/${id}`, { body: bodyOf(value), signal })
      for (const value of create) await api.send('POST', pathOf(zone), { body: bodyOf(value), signal })
      for (const id of remove) await api.sendIfThere('DELETE', `${pathOf(zone)}/${id}`, { signal })
    },
    async remove(zone, { name, type }, signal) {
      const records = (await read(zone, name, signal)).filter((record) => record.type === type)
      for (const { id } of records) await api.sendIfThere('DELETE', `${pathOf(zone)}/${id}`, { signal })
    },
  })
}

const pathOf = (zone: string): string => `/domains/${zone}/records`

const relativeTo = (zone: string, name: string): string =>
  name === zone ? '@' : name.slice(0, name.length - zone.length - 1)

const absolute = (relative: string, zone: string): string =>
  relative === '@' ? zone : `${relative.toLowerCase()}.${zone}`

function valueOf(type: RecordSet['type'], data: string, zone: string): string {
  if (type !== 'CNAME') return data
  return data === '@' ? zone : withoutDot(data)
}

/** `ratelimit-reset` is a Unix time, when the hourly limit has room again. */
function epochIn(header: string | null): Date | null {
  return header !== null && /^\d{1,11}$/.test(header) ? new Date(Number(header) * 1000) : null
}
