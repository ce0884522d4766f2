import type { DnsProvider, RecordSet } from '@mooring/core'
import { z } from 'zod'
import { checkedDnsHost } from './checked-dns-host.ts'
import { createJsonApi, understand } from './json-api.ts'
import { isRecordType, withoutDot } from './single-records.ts'
import { quoteText, unquoteText } from './text-value.ts'
import { createTurns } from './turns.ts'
import { zonesAbove } from './zone-ids.ts'

const zonesSchema = z.array(z.object({ id: z.string(), name: z.string() }))
const zoneSchema = z.object({
  rrsets: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      ttl: z.number(),
      records: z.array(z.object({ content: z.string(), disabled: z.boolean().default(false) })),
    }),
  ),
})
const errorSchema = z.object({ error: z.string() })

/**
 * The HTTP API of a PowerDNS authoritative server, version 4. It knows sets, and replaces each in one transaction.
 *
 * Source: https://doc.powerdns.com/authoritative/http-api/zone.html
 */
export function createPowerDnsHost({
  url,
  server_id,
  credentials,
}: {
  url: string
  server_id: string
  credentials: { api_key: string }
}): DnsProvider {
  const api = createJsonApi({
    host: 'PowerDNS',
    url: `${url.replace(/\/+$/, '')}/api/v1/servers/${server_id}`,
    token: credentials.api_key,
    tokenHeader: 'x-api-key',
    complaintIn: (body) => errorSchema.safeParse(body).data?.error ?? '',
  })
  // Of two changes at the same moment, a server that keeps its zones in SQLite fails one with status 500.
  const inTurn = createTurns()
  const change = (zone: string, set: object, signal: AbortSignal) =>
    inTurn(() => api.send('PATCH', pathOf(zone), { body: { rrsets: [set] }, signal }))

  return checkedDnsHost({
    name: 'powerdns',
    async findZone(name, signal) {
      for (const zone of zonesAbove(name)) {
        const answer = await api.send('GET', '/zones', { query: { zone: `${zone}.` }, signal })
        if (understand('PowerDNS', zonesSchema, answer).some((one) => withoutDot(one.name) === zone)) return zone
      }
      return null
    },
    async list(zone, name, signal) {
      // Versions before 4.6 know no `rrset_name`, and show the whole zone.
      const answer = await api.send('GET', pathOf(zone), { query: { rrset_name: `${name}.` }, signal })
      const { rrsets } = understand('PowerDNS', zoneSchema, answer)
      return rrsets
        .filter((set) => withoutDot(set.name) === name)
        .flatMap(({ type, ttl, records }) => {
          const values = records.filter(({ disabled }) => !disabled).map(({ content }) => content)
          if (!isRecordType(type) || values.length === 0) return []
          return [{ name, type, ttlSeconds: ttl, values: values.map((content) => valueOf(type, content)) }]
        })
    },
    async upsert(zone, { name, type, ttlSeconds, values }, signal) {
      const records = values.map((value) => ({ content: contentOf(type, value), disabled: false }))
      await change(zone, { name: `${name}.`, type, ttl: ttlSeconds, changetype: 'REPLACE', records }, signal)
    },
    async remove(zone, { name, type }, signal) {
      await change(zone, { name: `${name}.`, type, changetype: 'DELETE' }, signal)
    },
  })
}

const pathOf = (zone: string): string => `/zones/${zone}.`

function contentOf(type: RecordSet['type'], value: string): string {
  if (type === 'TXT') return quoteText(value, 10)
  return type === 'CNAME' ? `${value}.` : value
}

function valueOf(type: RecordSet['type'], content: string): string {
  if (type === 'TXT') return unquoteText(content, 10)
  return type === 'CNAME' ? withoutDot(content) : content
}
