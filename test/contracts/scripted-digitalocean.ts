import { isIPv4, isIPv6 } from 'node:net'
import { z } from 'zod'
import {
  type HostAnswer,
  type HostRequest,
  type ScriptedHost,
  clashOf,
  startScriptedHost,
} from './scripted-dns-hosts.ts'

interface DigitalOceanRecord {
  id: number
  type: string
  /** Relative to the zone; `@` is its apex. */
  name: string
  /** CNAMEs without the last dot; `@` is the apex. */
  data: string
  ttl: number
}

export interface ScriptedDigitalOcean extends ScriptedHost {
  token: string
  records: DigitalOceanRecord[]
}

const TOKEN = 'dop_v1_0123456789abcdef0123456789abcdef'
const PREFIX = '/v2'
const recordSchema = z.object({
  type: z.enum(['A', 'AAAA', 'CNAME', 'TXT']),
  name: z.string().min(1),
  data: z.string().min(1),
  ttl: z.number().int().min(30).default(1800),
})

/**
 * DigitalOcean's API v2 as documented (https://docs.digitalocean.com/reference/api/reference/domain-records/), with one
 * domain. `pageSize` bounds every page.
 */
export async function startScriptedDigitalOcean(zone: string, { pageSize = 200 } = {}): Promise<ScriptedDigitalOcean> {
  const records: DigitalOceanRecord[] = []
  let lastId = 28_448_428
  const absolute = (name: string) => (name === '@' ? zone : `${name}.${zone}`)

  function answerTo(request: HostRequest): HostAnswer {
    const { method, query, headers } = request
    if (headers.authorization !== `Bearer ${TOKEN}`) return failure(401, 'Unauthorized', 'Unable to authenticate you')
    const [, domain, rest, id] = /^\/v2\/domains\/([^/]+)(\/records(?:\/(\d+))?)?$/.exec(request.path) ?? []
    if (domain !== zone) return NOT_FOUND
    if (method === 'GET' && rest === undefined) {
      return { status: 200, body: { domain: { name: zone, ttl: 1800, zone_file: '' } } }
    }
    if (method === 'GET' && id === undefined) return list(query)
    if (method === 'POST' && id === undefined) return write(201, null, request)
    const record = records.find((one) => one.id === Number(id))
    if (record === undefined) return NOT_FOUND
    if (method === 'PUT') return write(200, record, request)
    if (method !== 'DELETE') return failure(405, 'method_not_allowed', 'Method not allowed')
    records.splice(records.indexOf(record), 1)
    return { status: 204 }
  }

  function list(query: URLSearchParams): HostAnswer {
    const name = query.get('name')
    const all = records.filter((one) => name === null || absolute(one.name) === name)
    const [number, perPage] = [Number(query.get('page') ?? 1), Math.min(Number(query.get('per_page') ?? 20), pageSize)]
    const hasMore = number * perPage < all.length
    const linkTo = (page: number) => `https://api.digitalocean.com/v2/domains/${zone}/records?page=${page}`
    const pages = hasMore ? { next: linkTo(number + 1), last: linkTo(Math.ceil(all.length / perPage)) } : {}
    const page = all.slice((number - 1) * perPage, number * perPage)
    return { status: 200, body: { domain_records: page.map(shown), links: { pages }, meta: { total: all.length } } }
  }

  function write(status: number, before: DigitalOceanRecord | null, { headers, body }: HostRequest): HostAnswer {
    if (headers['content-type'] !== 'application/json') return failure(400, 'bad_request', 'invalid content type')
    const parsed = recordSchema.safeParse({ ...before, ...(JSON.parse(body) as object) })
    if (!parsed.success) return unprocessable(`${parsed.error.issues[0]?.path.join('.')} is not valid`)
    const { type, name, ttl } = parsed.data
    if (type === 'A' && !isIPv4(parsed.data.data)) return unprocessable('IP address did not match IPv4 format')
    if (type === 'AAAA' && !isIPv6(parsed.data.data)) return unprocessable('IP address did not match IPv6 format')
    if (type === 'CNAME' && !/\.$|^@$/.test(parsed.data.data)) return unprocessable('Data needs to end with a dot (.)')
    // An asterisk is a wildcard only in front, and only before an address or an alias.
    if (!/^(?:@|(?:\*\.)?[a-z0-9_.-]+|\*)$/.test(name) || (type === 'TXT' && name.startsWith('*'))) {
      return unprocessable(`Name is not a valid ${type} record name`)
    }
    const data =
      type === 'CNAME' ? parsed.data.data.replace(/\.$/, '').replace(new RegExp(`^${zone}$`), '@') : parsed.data.data
    const others = records.filter((one) => one !== before).map((one) => ({ ...one, value: one.data }))
    const clash = clashOf({ type, name, value: data }, others)
    if (clash === 'cname') return unprocessable('CNAME records cannot share a name with other records')
    if (clash === 'identical') return unprocessable('Record already exists')
    lastId += 1
    const record = { id: before?.id ?? lastId, type, name, data, ttl }
    records.splice(before === null ? records.length : records.indexOf(before), before === null ? 0 : 1, record)
    return { status, body: { domain_record: shown(record) } }
  }

  const host = await startScriptedHost(answerTo)
  return { ...host, url: `${host.url}${PREFIX}`, token: TOKEN, records }
}

const shown = (record: DigitalOceanRecord) => ({
  ...record,
  priority: null,
  port: null,
  weight: null,
  flags: null,
  tag: null,
})

const failure = (status: number, id: string, message: string): HostAnswer => ({ status, body: { id, message } })
const unprocessable = (message: string) => failure(422, 'unprocessable_entity', message)
const NOT_FOUND = failure(404, 'not_found', 'The resource you were accessing could not be found.')
