import type { Registry } from '@mooring/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { usePostgres } from '../services/test-database.ts'
import { soon } from '../services/soon.ts'

const { database } = usePostgres()
let api: ReturnType<typeof apiUnderTest>
beforeEach(() => {
  api = apiUnderTest(database())
})

const BODY = { hostname: 'shop.example.com', target: { type: 'none' } }
const KEY = { 'idempotency-key': 'order 4711' }
const launch = (body: unknown = BODY, headers: Record<string, string> = KEY) =>
  api.call('POST', '/v1/domains', { body, headers })
const storedDomains = async () =>
  Number((await database().pool.query('select count(*) from domains')).rows[0]?.count ?? -1)

describe('a POST with an Idempotency-Key', () => {
  it('is answered the same the second time, byte for byte, and done once', async () => {
    const first = await launch()
    const second = await launch()
    expect([second.status, second.text, second.headers['location']]).toEqual([
      202,
      first.text,
      first.headers['location'],
    ])
    expect(second.headers['content-type']).toBe(first.headers['content-type'])
    expect(first.headers['idempotency-replayed']).toBeUndefined()
    expect(second.headers['idempotency-replayed']).toBe('true')
    expect(second.headers['x-request-id']).not.toBe(first.headers['x-request-id'])
    expect(await storedDomains()).toBe(1)
    await soon(() => expect(api.published).toHaveLength(1))
  })

  it('takes the same fields in another order for the same request', async () => {
    await launch()
    const { status, headers } = await launch({ target: BODY.target, hostname: BODY.hostname })
    expect([status, headers['idempotency-replayed']]).toEqual([202, 'true'])
  })

  it('refuses the key for another body', async () => {
    await launch()
    const { status, json } = await launch({ ...BODY, hostname: 'other.example.com' })
    expect([status, json.code]).toEqual([422, 'IDEMPOTENCY_MISMATCH'])
    expect(await storedDomains()).toBe(1)
  })

  it('refuses the key for another address', async () => {
    const { json } = await launch()
    const { status } = await api.call('POST', `/v1/domains/${json.id}/check`, { headers: KEY })
    expect(status).toBe(422)
  })

  it('is told to wait while the first one is still running', async () => {
    const entered = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const { registry } = api.dependencies
    const slow: Registry = {
      ...registry,
      idempotently: (key, hash, work) =>
        registry.idempotently(key, hash, async (store) => {
          entered.resolve()
          await goOn.promise
          return work(store)
        }),
    }
    const { call } = apiUnderTest(database(), { registry: slow })
    const first = call('POST', '/v1/domains', { body: BODY, headers: KEY })
    await entered.promise
    const { status, json, headers } = await launch()
    expect([status, json.code, headers['retry-after']]).toEqual([409, 'IDEMPOTENCY_IN_FLIGHT', '1'])
    goOn.resolve()
    expect((await first).status).toBe(202)
    expect((await launch()).headers['idempotency-replayed']).toBe('true')
  })

  it('is done once when many arrive together', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => launch()))
    expect(answers.filter(({ status }) => status !== 202 && status !== 409)).toEqual([])
    expect(answers.some(({ status }) => status === 202)).toBe(true)
    expect(await storedDomains()).toBe(1)
  })

  it('keeps a refusal, too: the hostname that was taken stays taken for this key', async () => {
    const { json: holder } = await launch(BODY, {})
    const refused = await launch()
    expect([refused.status, refused.json.id]).toEqual([409, holder.id])
    const again = await launch()
    expect([again.status, again.text]).toEqual([409, refused.text])
    expect(again.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(again.headers['idempotency-replayed']).toBe('true')
  })

  it('leaves the key free after a body that was not valid, and after a fault', async () => {
    expect((await launch({ ...BODY, hostname: '' })).status).toBe(422)
    expect((await launch({ ...BODY, edge_pool: 'mars' })).status).toBe(422)
    const broken: Registry = {
      ...api.dependencies.registry,
      idempotently: (key, hash, work) =>
        api.dependencies.registry.idempotently(key, hash, async (store) => {
          await work(store)
          throw new Error('the disk is on fire')
        }),
    }
    const { call } = apiUnderTest(database(), { registry: broken })
    expect((await call('POST', '/v1/domains', { body: BODY, headers: KEY })).status).toBe(500)
    expect(await storedDomains()).toBe(0)
    expect((await launch()).status).toBe(202)
  })

  it('is forgotten after a day', async () => {
    const { json } = await launch()
    await database().pool.query(`update idempotency_keys set created_at = now() - interval '25 hours'`)
    const { status, json: refused } = await launch()
    expect([status, refused.id]).toEqual([409, json.id])
  })

  it.each(['', 'x'.repeat(256), 'tab\tinside', 'ümlaut'])('refuses the key %j', async (key) => {
    const { status, json } = await launch(BODY, { 'idempotency-key': key })
    expect([status, json.errors[0].path]).toEqual([422, 'Idempotency-Key'])
  })

  it('works for actions, which have no body', async () => {
    const { json } = await launch(BODY, {})
    const check = () => api.call('POST', `/v1/domains/${json.id}/check`, { headers: KEY })
    const [first, second] = [await check(), await check()]
    expect([second.status, second.text, second.headers['idempotency-replayed']]).toEqual([202, first.text, 'true'])
  })

  it('gives an edge its token again, without the token being readable in the database', async () => {
    const enrol = () => api.call('POST', '/v1/edges', { body: { name: 'edge-a' }, headers: KEY })
    const [first, second] = [await enrol(), await enrol()]
    expect([second.status, second.json.token]).toEqual([201, first.json.token])
    const stored = await database().pool.query('select * from idempotency_keys')
    expect(JSON.stringify(stored.rows)).not.toContain(first.json.token)
  })
})
