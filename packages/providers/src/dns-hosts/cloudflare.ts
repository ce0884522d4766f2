import type { DnsProvider } from '@mooring/core'
import { z } from 'zod'
import { checkedDnsHost } from './checked-dns-host.ts'
import { createJsonApi, understand } from './json-api.ts'
import { type SingleRecord, editsTowards, groupIntoSets, isRecordType, withoutDot } from './single-records.ts'
import { quoteText, unquoteText } from './text-value.ts'
import { createZoneIds, zonesAbove } from './zone-ids.ts'

const URL_OF_API = 'https://api.cloudflare.com/client/v4'
const PAGE_SIZE = 100
const AUTOMATIC_TTL = 1
const AUTOMATIC_TTL_SECONDS = 300
/** "Invalid request headers", which is what a token of the wrong form gets, with status 400. */
const INVALID_HEADERS = 6003

const zonesSchema = z.object({
  result: z.array(z.object({ id: z.string(), name: z.string(), status: z.string(), type: z.string().optional() })),
})
const recordsSchema = z.object({
  result: z.array(
    z.object({
      id: z.string(),
      type: z.string(),
      name: z.string(),
      content: z.string().default(''),
      ttl: z.number(),
      proxied: z.boolean().default(false),
    }),
  ),
  result_info: z.object({ total_pages: z.number() }),
})
const errorsSchema = z.object({ errors: z.array(z.object({ code: z.number(), message: z.string() })).min(1) })

/**
 * Cloudflare's API, version 4, with a token that may read zones and edit their DNS. Records of ours are never proxied:
 * the edge has to be reached itself.
 *
 * Source: https://developers.cloudflare.com/api/resources/dns/subresources/records/
 */
export function createCloudflareHost(
  credentials: { api_token: string },
  { url = URL_OF_API }: { url?: string } = {},
): DnsProvider {
  const api = createJsonApi({
    host: 'Cloudflare',
    url,
    token: credentials.api_token,
    complaintIn: (body) =>
      complaintsIn(body)
        .map(({ code, message }) => `${message} (${code})`)
        .join(' '),
    isAboutCredentials: (body) => complaintsIn(body).some(({ code }) => code === INVALID_HEADERS),
  })
  const zoneIds = createZoneIds('Cloudflare', findZoneId)

  /** A zone that moved away or exists twice is listed as well: the active one goes first. */
  async function findZoneId(zone: string, signal: AbortSignal): Promise<string | null> {
    const answer = understand(
      'Cloudflare',
      zonesSchema,
      await api.send('GET', '/zones', { query: { name: zone }, signal }),
    )
    const found = answer.result.filter(({ name, type }) => name === zone && type !== 'internal')
    return (found.find(({ status }) => status === 'active') ?? found[0])?.id ?? null
  }

  async function read(zoneId: string, name: string, signal: AbortSignal): Promise<SingleRecord<string>[]> {
    const records: SingleRecord<string>[] = []
    for (let page = 1, pages = 1; page <= pages; page++) {
      const query = { 'name.exact': name, page: String(page), per_page: String(PAGE_SIZE) }
      const answer = understand(
        'Cloudflare',
        recordsSchema,
        await api.send('GET', `/zones/${zoneId}/dns_records`, { query, signal }),
      )
      pages = answer.result_info.total_pages
      for (const record of answer.result) {
        if (withoutDot(record.name) !== name || !isRecordType(record.type)) continue
        const { id, type, content } = record
        const value = type === 'TXT' ? unquoteText(content, 10) : type === 'CNAME' ? withoutDot(content) : content
        records.push({ id, type, value, ttlSeconds: ttlOf(record) })
      }
    }
    return records
  }

  return checkedDnsHost({
    name: 'cloudflare',
    async findZone(name, signal) {
      for (const zone of zonesAbove(name)) {
        if ((await findZoneId(zone, signal)) !== null) return zone
      }
      return null
    },
    list: (zone, name, signal) =>
      zoneIds.with(zone, signal, async (zoneId) => groupIntoSets(name, await read(zoneId, name, signal))),
    upsert: (zone, set, signal) =>
      zoneIds.with(zone, signal, async (zoneId) => {
        const path = `/zones/${zoneId}/dns_records`
        const bodyOf = (value: string) => ({
          type: set.type,
          name: set.name,
          content: set.type === 'TXT' ? quoteText(value, 10) : value,
          ttl: set.ttlSeconds,
          proxied: false,
        })
        const present = (await read(zoneId, set.name, signal)).filter(({ type }) => type === set.type)
        const { update, create, remove } = editsTowards(set, present)
        for (const { id, value } of update) await api.send('PATCH', `${path}/${id}`, { body: bodyOf(value), signal })
        for (const value of create) await api.send('POST', path, { body: bodyOf(value), signal })
        for (const id of remove) await api.sendIfThere('DELETE', `${path}/${id}`, { signal })
      }),
    remove: (zone, { name, type }, signal) =>
      zoneIds.with(zone, signal, async (zoneId) => {
        const records = (await read(zoneId, name, signal)).filter((record) => record.type === type)
        for (const { id } of records) await api.sendIfThere('DELETE', `/zones/${zoneId}/dns_records/${id}`, { signal })
      }),
  })
}

/**
 * The proxy goes with `ttl` 1 ("automatic"), which elsewhere is 300 seconds. A proxied record shows one second, so that it
 * never equals one of ours, whatever its content: it answers with Cloudflare's own addresses.
 */
function ttlOf({ ttl, proxied }: { ttl: number; proxied: boolean }): number {
  if (proxied) return AUTOMATIC_TTL
  return ttl === AUTOMATIC_TTL ? AUTOMATIC_TTL_SECONDS : ttl
}

function complaintsIn(body: unknown): { code: number; message: string }[] {
  const parsed = errorsSchema.safeParse(body)
  return parsed.success ? parsed.data.errors : []
}
