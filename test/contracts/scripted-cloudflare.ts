import { isIPv4, isIPv6 } from 'node:net'
import { z } from 'zod'
import {
  type HostAnswer,
  type HostRequest,
  type ScriptedHost,
  clashOf,
  startScriptedHost,
} from './scripted-dns-hosts.ts'

interface CloudflareRecord {
  id: string
  type: string
  name: string
  content: string
  ttl: number
  proxied: boolean
}

export interface ScriptedCloudflare extends ScriptedHost {
  apiToken: string
  records: CloudflareRecord[]
}

const API_TOKEN = 'cf-v1_Sn3akyTokenOfFortyCharacters0123456789'
const PREFIX = '/client/v4'
/** POST and PUT need all of it; a PATCH is laid over what stands. */
const recordSchema = z.object({
  type: z.enum(['A', 'AAAA', 'CNAME', 'TXT']),
  name: z.string().min(1).max(255),
  content: z.string().min(1),
  ttl: z.union([z.literal(1), z.number().int().min(60).max(86_400)]),
  proxied: z.boolean().default(false),
})

/**
 * Cloudflare's API v4 as documented (https://developers.cloudflare.com/api/resources/dns/subresources/records/), with one
 * zone, and the same name once more as an internal zone, which nobody can resolve. `pageSize` bounds every page.
 */
export async function startScriptedCloudflare(zone: string, { pageSize = 100 } = {}): Promise<ScriptedCloudflare> {
  const zoneId = '023e105f4ecef8ad9ca31a8372d0c353'
  const records: CloudflareRecord[] = []
  let lastId = 0

  function answerTo(request: HostRequest): HostAnswer {
    const refused = refusalOf(request)
    if (refused !== null) return refused
    const { method, query } = request
    const path = request.path.slice(PREFIX.length)
    if (method === 'GET' && path === '/zones') return listZones(query)
    const [, id, recordId] = /^\/zones\/([^/]+)\/dns_records(?:\/([^/]+))?$/.exec(path) ?? []
    if (id !== zoneId)
      return failure(404, 7003, `Could not route to ${path}, perhaps your object identifier is invalid?`)
    if (method === 'GET' && recordId === undefined) return listRecords(query)
    if (method === 'POST' && recordId === undefined) {
      lastId += 1
      return write({ id: lastId.toString(16).padStart(32, '0') }, request.body)
    }
    const record = records.find((one) => one.id === recordId)
    if (record === undefined) return failure(404, 81044, 'Record does not exist.')
    if (method === 'DELETE') {
      records.splice(records.indexOf(record), 1)
      return { status: 200, body: { result: { id: record.id } } }
    }
    if (method === 'PATCH') return write(record, JSON.stringify({ ...record, ...(JSON.parse(request.body) as object) }))
    if (method === 'PUT') return write(record, request.body)
    return failure(405, 10_000, 'Method not allowed for this authentication scheme')
  }

  function listZones(query: URLSearchParams): HostAnswer {
    const all = [
      { id: 'f00e105f4ecef8ad9ca31a8372d0c353', name: zone, status: 'active', type: 'internal' },
      { id: zoneId, name: zone, status: 'active', type: 'full' },
    ]
    return page(
      all.filter(({ name }) => name === query.get('name')),
      query,
    )
  }

  function listRecords(query: URLSearchParams): HostAnswer {
    return page(
      records.filter(({ name }) => name === (query.get('name.exact') ?? name)),
      query,
    )
  }

  function page(all: object[], query: URLSearchParams): HostAnswer {
    const perPage = Math.min(Number(query.get('per_page') ?? 100), pageSize)
    const number = Number(query.get('page') ?? 1)
    const result = all.slice((number - 1) * perPage, number * perPage)
    const totals = { total_count: all.length, total_pages: Math.ceil(all.length / perPage) }
    return success(result, { page: number, per_page: perPage, count: result.length, ...totals })
  }

  function write({ id }: { id: string }, body: string): HostAnswer {
    const parsed = recordSchema.safeParse(JSON.parse(body))
    if (!parsed.success) return failure(400, 9005, `${parsed.error.issues[0]?.path.join('.')} is invalid.`)
    const record: CloudflareRecord = { ...parsed.data, id }
    const { type, name, content, proxied } = record
    if (name !== zone && !name.endsWith(`.${zone}`)) return failure(400, 9000, 'DNS name is invalid.')
    if (type === 'A' && !isIPv4(content))
      return failure(400, 9005, 'Content for A record must be a valid IPv4 address.')
    if (type === 'AAAA' && !isIPv6(content)) {
      return failure(400, 9005, 'Content for AAAA record must be a valid IPv6 address.')
    }
    if (type === 'TXT' && proxied) return failure(400, 9004, 'This record type cannot be proxied.')
    if (type === 'TXT' && !/^(?:"(?:[ !#-[\]-~]|\\\d{3}|\\["\\]){0,255}"\s*)+$/.test(content)) {
      return failure(400, 9207, 'Content for TXT record must be enclosed in quotation marks.')
    }
    const others = records.filter((one) => one.id !== id).map((one) => ({ ...one, value: one.content }))
    const clash = clashOf({ type, name, value: content }, others)
    if (clash === 'identical') return failure(400, 81_058, 'An identical record already exists.')
    if (clash === 'cname') {
      return failure(400, 81_053, 'An A, AAAA, or CNAME record with that host already exists.')
    }
    const index = records.findIndex((one) => one.id === id)
    records.splice(index === -1 ? records.length : index, index === -1 ? 0 : 1, record)
    return success({ ...record, proxiable: type !== 'TXT', settings: {}, meta: {}, comment: null, tags: [] })
  }

  const host = await startScriptedHost(answerTo)
  return { ...host, url: `${host.url}${PREFIX}`, apiToken: API_TOKEN, records }
}

function refusalOf({ method, path, headers }: HostRequest): HostAnswer | null {
  if (!path.startsWith(`${PREFIX}/`)) return failure(404, 7000, 'No route for that URI')
  if (headers.authorization === undefined) {
    return failure(400, 9106, 'Missing X-Auth-Key, X-Auth-Email or Authorization headers')
  }
  if (!/^Bearer [A-Za-z0-9_-]{40,}$/.test(headers.authorization)) return failure(400, 6003, 'Invalid request headers')
  if (headers.authorization !== `Bearer ${API_TOKEN}`) return failure(403, 9109, 'Invalid access token')
  if (method !== 'GET' && method !== 'DELETE' && headers['content-type'] !== 'application/json') {
    return failure(400, 6007, 'Malformed JSON in request body')
  }
  return null
}

const success = (result: object, info?: object): HostAnswer => ({
  status: 200,
  body: { success: true, errors: [], messages: [], result, ...(info === undefined ? {} : { result_info: info }) },
})

const failure = (status: number, code: number, message: string): HostAnswer => ({
  status,
  body: { success: false, errors: [{ code, message }], messages: [], result: null },
})
