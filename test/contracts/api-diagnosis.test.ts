import { type RunningApi, startApi } from '@mooring/api'
import { newDomainId, type Resolver } from '@mooring/core'
import { createHttpProbe, createResolver } from '@mooring/providers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { CORPUS_RULES } from '../corpus/read-corpus.ts'
import { type Challtestsrv, startChalltestsrv } from '../services/challtestsrv.ts'
import { freePorts } from '../services/free-ports.ts'
import type { Running } from '../services/provide.ts'
import { usePostgres } from '../services/test-database.ts'
import { soon } from '../services/soon.ts'

const { database } = usePostgres()
const HOSTNAME = 'shop.example.com'
const EDGE = { hostname: 'edge.platform.example', addresses: ['127.0.0.1'] }

let dns: Running<Challtestsrv>
let resolver: Resolver
beforeAll(async () => {
  dns = await startChalltestsrv()
  resolver = createResolver({ servers: [dns.address.dnsServer] })
})
afterAll(() => dns?.stop())

// The API is its own edge here: the question whether a challenge would come through ends at its own port.
let api: ReturnType<typeof apiUnderTest>
let server: RunningApi
let httpPort: number
beforeEach(async () => {
  ;[httpPort] = (await freePorts(1)) as [number]
  api = apiFor(resolver)
  server = await startApi({ ...api.dependencies, host: '127.0.0.1', port: httpPort })
})
afterEach(() => server.stop())

const apiFor = (asked: Resolver) =>
  apiUnderTest(database(), {
    resolver: asked,
    probe: createHttpProbe({ allow: ['127.0.0.0/8'], httpPort }),
    settings: { rules: { ...CORPUS_RULES, edge: EDGE }, caaIdentities: ['ca.example'] },
  })
const launch = async () => {
  const body = { hostname: HOSTNAME, target: { type: 'none' } }
  const { json } = await api.call('POST', '/v1/domains', { body })
  return json.dns.records
}
const diagnosis = (name = HOSTNAME) => api.call('GET', `/v1/domains/${name}/diagnosis`)
const statusOf = (checks: { id: string; status: string }[], id: string) =>
  checks.find((check) => check.id === id)?.status

describe('a diagnosis', () => {
  afterEach(async () => {
    await dns.address.clearCAA(HOSTNAME)
    await dns.address.clearA(HOSTNAME)
    await dns.address.clearTXT(`_mooring-challenge.${HOSTNAME}`)
  })

  it('says what is missing and what to type where', async () => {
    const [txt] = await launch()
    const { status, headers, json } = await diagnosis()
    expect([status, headers['cache-control'], json.ok]).toEqual([200, 'no-store', false])
    expect(json).toMatchObject({ hostname: HOSTNAME, reason: { code: 'DNS_TXT_MISSING', actor: 'customer' } })
    expect(json.records[0]).toEqual({
      type: 'TXT',
      name: txt.name,
      value: txt.value,
      purpose: 'ownership',
      status: 'missing',
      observed: [],
    })
    const typed = json.next_steps.flatMap(({ fields }: { fields: unknown[] }) => fields)
    expect(typed).toContainEqual({ label: 'Value', value: txt.value })
  })

  it('finds nothing wrong where everything is right, asked by hostname or by id', async () => {
    const [txt] = await launch()
    await dns.address.setTXT(txt.name, [txt.value])
    await dns.address.setA(HOSTNAME, ['127.0.0.1'])
    const { json: domain } = await api.call('GET', `/v1/domains/${HOSTNAME}`)
    for (const name of [HOSTNAME, domain.id]) {
      const { json } = await diagnosis(name)
      expect([json.ok, json.reason, json.next_steps]).toEqual([true, null, []])
      expect(statusOf(json.checks, 'challenge_path_ipv4')).toBe('ok')
    }
  })

  it('judges CAA records by the names that the settings give the authority', async () => {
    const [txt] = await launch()
    await dns.address.setTXT(txt.name, [txt.value])
    await dns.address.setA(HOSTNAME, ['127.0.0.1'])
    await dns.address.setCAA(HOSTNAME, [{ tag: 'issue', value: 'other.example' }])
    expect((await diagnosis()).json.reason).toMatchObject({ code: 'CAA_FORBIDS' })
    await dns.address.setCAA(HOSTNAME, [{ tag: 'issue', value: 'ca.example' }])
    expect((await diagnosis()).json.reason).toBeNull()
  })

  it('says where the proof of a wildcard’s certificate is to be delegated to, and whether it is', async () => {
    const rules = { ...CORPUS_RULES, edge: { ...EDGE, challengeZone: 'acme.platform.example' } }
    api = apiUnderTest(database(), { resolver, settings: { rules } })
    const body = { hostname: `*.${HOSTNAME}`, target: { type: 'none' } }
    const { json: domain } = await api.call('POST', '/v1/domains', { body })
    const delegationIn = (records: { purpose: string; name: string; value: string }[]) =>
      records.find(({ purpose }) => purpose === 'certificate')
    const { name, value } = delegationIn(domain.dns.records) ?? expect.fail('no delegation')
    const missing = (await diagnosis(domain.id)).json
    expect(delegationIn(missing.records)).toMatchObject({ type: 'CNAME', name, value, status: 'missing' })
    expect(statusOf(missing.checks, 'certificate')).toBe('problem')
    const typed = missing.next_steps.flatMap(({ fields }: { fields: unknown[] }) => fields)
    expect(typed).toContainEqual({ label: 'Value', value })

    await dns.address.setCNAME(name, value)
    const delegated = (await diagnosis(domain.id)).json
    expect(delegationIn(delegated.records)).toMatchObject({ status: 'ok' })
    expect(statusOf(delegated.checks, 'certificate')).toBe('ok')
    await dns.address.clearCNAME(name)
  })

  it('changes nothing', async () => {
    await launch()
    const before = await database().pool.query('select * from domains')
    await diagnosis()
    expect((await database().pool.query('select * from domains')).rows).toEqual(before.rows)
    expect((await database().pool.query('select * from events')).rows).toHaveLength(1)
  })

  it('tells what is not known where no server answers', async () => {
    api = apiFor(createResolver({ servers: ['127.0.0.1:1'], timeoutMs: 100 }))
    await launch()
    const { status, json } = await diagnosis()
    expect([status, json.ok, statusOf(json.checks, 'ownership')]).toEqual([200, false, 'unknown'])
    expect(json.reason.code).toBe('DNS_TIMEOUT')
  })

  it('is there for domains only, and read only', async () => {
    expect((await diagnosis(newDomainId())).status).toBe(404)
    const posted = await api.call('POST', `/v1/domains/${HOSTNAME}/diagnosis`)
    expect([posted.status, posted.headers['allow']]).toEqual([405, 'GET, HEAD'])
  })

  it('runs four times at once for one key, and not a fifth time', async () => {
    const gate = Promise.withResolvers<null>()
    const zoneOf = vi.fn(() => gate.promise)
    api = apiFor({ ...resolver, zoneOf })
    await launch()
    const running = Array.from({ length: 4 }, () => diagnosis())
    await soon(() => expect(zoneOf).toHaveBeenCalledTimes(4))
    const fifth = await diagnosis()
    expect([fifth.status, fifth.json.code, fifth.headers['retry-after']]).toEqual([429, 'TOO_MANY_REQUESTS', '5'])
    gate.resolve(null)
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect((await diagnosis()).status).toBe(200)
  })
})
