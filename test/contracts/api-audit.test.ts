import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyExport } from '@mooring/core'
import { createAuditSealer } from '@mooring/postgres'
import { createLocalCa, type LocalCa } from '@mooring/providers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aKey } from '../builders/api-keys.ts'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { CHANGES, SECRETS } from '../builders/changing-routes.ts'
import { storeDomainIn } from '../builders/domain-in-state.ts'
import { memoryDnsHost } from '../builders/memory-dns-host.ts'
import { stateOfAll } from '../builders/state-of-all.ts'
import { usePostgres } from '../services/test-database.ts'

const { database, asSuperuser } = usePostgres()
let folder: string
let ca: LocalCa
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mooring-audit-'))
  ca = await createLocalCa(folder)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let api: ReturnType<typeof apiUnderTest>
beforeEach(() => {
  api = apiUnderTest(database(), { openDnsAccount: () => memoryDnsHost(['apps.example.com']) })
})

const WHY = { 'x-reason': encodeURIComponent('Ticket 7: Kündigung') }
const rowsOf = async (query = '') => (await api.call('GET', `/v1/audit${query}`)).json.data
const seal = () => createAuditSealer(database()).seal()
const launch = (fields: Record<string, unknown> = {}, more: Record<string, unknown> = {}) =>
  api.call('POST', '/v1/domains', {
    body: { hostname: 'shop.example.com', target: { type: 'none' }, ...fields },
    ...more,
  })

const REST = ['POST /v1/session', 'DELETE /v1/session']

describe('every route that changes something', () => {
  it('is in the table of this test', async () => {
    const { json } = await api.call('GET', '/openapi.json', { key: null })
    const changing = Object.entries<Record<string, unknown>>(json.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const ours = changing.filter((one) => /^(?!GET )\w+ \/v1\/(?!edges\/self\/)/.test(one))
    expect(ours.sort()).toEqual([...Object.keys(CHANGES), ...REST].sort())
  })

  it.each(Object.entries(CHANGES))('%s is on record with its change, or neither is there', async (route, prepare) => {
    const { url, body } = await prepare({ database: database(), call: api.call, ca })
    const method = route.split(' ')[0] as 'POST'
    const known = (await rowsOf('?limit=200')).length
    const before = await stateOfAll(database())
    const send = () => api.call(method, url, { ...(body === undefined ? {} : { body }), headers: WHY })

    await asSuperuser('revoke insert on audit from mooring_app')
    expect((await send()).status, 'without its row').toBe(500)
    expect(await stateOfAll(database())).toBe(before)

    await asSuperuser('grant insert on audit to mooring_app')
    const { status, json } = await send()
    expect([status < 300, status >= 300 ? json : null]).toEqual([true, null])
    const rows = await rowsOf('?limit=200')
    expect(rows.length, 'one row').toBe(known + 1)
    expect(rows[0]).toMatchObject({
      actor: { kind: 'key', id: 'bootstrap', name: 'bootstrap key' },
      action: expect.stringMatching(/^[a-z-]+(\.[a-z-]+)+$/),
      outcome: 'done',
      why: 'Ticket 7: Kündigung',
    })
    const { rows: all } = await database().pool.query('select * from audit left join audit_personal on audit_id = id')
    const secrets = [...Object.values(SECRETS), json?.key, json?.token, json?.secret].filter((one) => one !== undefined)
    const written = JSON.stringify(all)
    for (const secret of secrets) expect(written).not.toContain(String(secret).split('\n').at(1) ?? secret)
  })
})

describe('a change', () => {
  it('is told with who, what, why, before and after', async () => {
    const id = await storeDomainIn(database(), 'active', { tenant: 'acme', hostname: 'shop.example.com' as never })
    const { id: actor, key } = await aKey(api.call, { role: 'operator' })
    const { headers } = await api.call('POST', '/v1/domains/shop.example.com/suspend', { key, headers: WHY })
    expect((await rowsOf(`?subject=${id}`))[0]).toEqual({
      id: expect.any(String),
      at: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      tenant: 'acme',
      seq: null,
      actor: { kind: 'key', id: actor, name: 'operator key' },
      action: 'domains.suspend',
      outcome: 'done',
      subject: id,
      before: expect.objectContaining({ state: 'active', hostname: 'shop.example.com', target: { type: 'none' } }),
      after: expect.objectContaining({ state: 'suspended' }),
      why: 'Ticket 7: Kündigung',
      request_id: headers['x-request-id'],
      hash: null,
    })
  })

  it('is told once under an Idempotency-Key, however often it is sent, and not at all when it is refused', async () => {
    const headers = { 'idempotency-key': 'one' }
    for (let time = 0; time < 3; time += 1) await launch({ tenant: 'acme' }, { headers })
    expect((await launch({ tenant: 'acme' })).status).toBe(409)
    await launch({ tenant: 'acme' }, { headers: { 'idempotency-key': 'two' } })
    await api.call('DELETE', '/v1/keys/key_nothing')
    await api.call('POST', '/v1/domains?dry_run=true', {
      body: { hostname: 'a.example.com', target: { type: 'none' } },
    })
    expect((await rowsOf()).map(({ action, tenant }: { action: string; tenant: string }) => [action, tenant])).toEqual([
      ['domains.create', 'acme'],
    ])
  })

  it.each(['%zz', 'a'.repeat(501), '%00'])('is refused with the reason %s, and nothing is done', async (reason) => {
    const { status, json } = await launch({}, { headers: { 'x-reason': reason } })
    expect([status, json.errors]).toMatchObject([422, [{ path: 'X-Reason', code: 'INVALID' }]])
    expect((await api.call('GET', '/v1/domains')).json.data).toEqual([])
  })

  it('of many domains is told once, before it begins, with its filter and how many match; a dry run is not', async () => {
    const id = await storeDomainIn(database(), 'active')
    await storeDomainIn(database(), 'verifying')
    const suspend = (dryRun: boolean) =>
      api.call('POST', '/v1/domains:bulk-actions', {
        body: { action: 'suspend', filter: { state: 'active' }, dry_run: dryRun },
      })
    await suspend(true)
    expect(await rowsOf()).toEqual([])
    await suspend(false)
    expect((await rowsOf()).map(({ action, after }: { action: string; after: unknown }) => [action, after])).toEqual([
      ['domains.bulk-actions', { action: 'suspend', filter: { state: 'active' }, matched: 1 }],
    ])
    const events = (await api.call('GET', `/v1/domains/${id}/events`)).json.data
    expect(events.map(({ type }: { type: string }) => type)).toContain('domain.suspended')
  })

  it('by signing in and out is told, too', async () => {
    const { id, key } = await aKey(api.call, { role: 'viewer' })
    const { headers } = await api.call('POST', '/v1/session', { key: null, body: { key } })
    const cookie = String(headers['set-cookie']).split(';')[0] as string
    await api.call('DELETE', '/v1/session', { key: null, headers: { cookie, 'sec-fetch-site': 'same-origin' } })
    const rows = await rowsOf(`?actor=${id}`)
    expect(rows.map(({ action }: { action: string }) => action)).toEqual(['session.delete', 'session.create'])
    expect(JSON.stringify(rows)).not.toContain(key)
  })
})

describe('what somebody may not do', () => {
  it('is on record: a viewer who changes, a tenant that asks for the platform’s, a page of another site', async () => {
    const viewer = await aKey(api.call, { role: 'viewer' })
    const tenant = await aKey(api.call, { role: 'admin', tenant: 'acme' })
    await launch({}, { key: viewer.key })
    await api.call('GET', '/v1/keys', { key: tenant.key })
    const { headers } = await api.call('POST', '/v1/session', { key: null, body: { key: viewer.key } })
    const cookie = String(headers['set-cookie']).split(';')[0] as string
    await launch({}, { key: null, headers: { cookie, origin: 'https://evil.example.com' } })
    const refused = async () => (await rowsOf()).filter(({ outcome }: { outcome: string }) => outcome === 'refused')
    await expect.poll(refused).toHaveLength(3)
    expect(
      (await refused()).map(({ actor, action, tenant: of }: never) => [(actor as { id: string }).id, action, of]),
    ).toEqual([
      ['', 'domains.create', ''],
      [tenant.id, 'keys.get', 'acme'],
      [viewer.id, 'domains.create', ''],
    ])
  })

  it('is on record where the answer is no refusal: rows for another tenant, and a cookie that was planted', async () => {
    const tenant = await aKey(api.call, { role: 'operator', tenant: 'acme' })
    const rows = ['acme', 'globex', 'globex'].map((owner, n) => ({
      hostname: `n${n}.example.com`,
      target: { type: 'none' },
      tenant: owner,
    }))
    const { json } = await api.call('POST', '/v1/domains:bulk', { key: tenant.key, body: rows })
    expect(json.rows.map(({ status }: { status: number }) => status)).toEqual([202, 403, 403])
    const { headers } = await api.call('POST', '/v1/session', { key: null, body: { key: tenant.key } })
    const cookie = String(headers['set-cookie']).split(';')[0] as string
    await api.call('GET', '/v1/domains', { key: null, headers: { cookie: `${cookie}; mooring=planted` } })
    const refused = async () => (await rowsOf()).filter(({ outcome }: { outcome: string }) => outcome === 'refused')
    await expect.poll(refused).toHaveLength(2)
    expect(
      (await refused()).map(({ actor, action, after }: never) => [(actor as { id: string }).id, action, after]),
    ).toEqual([
      ['', 'domains.get', { cookies: 2 }],
      [tenant.id, 'domains.bulk', { rows_of_other_tenants: 2 }],
    ])
  })

  it('does not fill the audit, however often it is tried', async () => {
    const { id, key } = await aKey(api.call, { role: 'viewer' })
    for (let time = 0; time < 70; time += 1) await launch({}, { key })
    const { rows } = await database().pool.query('select count(*) from audit where actor_id = $1', [id])
    expect(rows[0].count).toBe(60)
  })
})

describe('the chain', () => {
  it('verifies, by itself and from its export, and shows where it was broken', async () => {
    await launch({ tenant: 'acme' })
    await launch({ tenant: 'globex' })
    await api.call('POST', '/v1/domains/shop.example.com/check')
    await seal()
    const verify = async () => (await api.call('GET', '/v1/audit/verify')).json.chains
    const chains = [
      { tenant: 'acme', entries: 1, ok: true, broken_at: null },
      { tenant: 'globex', entries: 2, ok: true, broken_at: null },
    ]
    expect(await verify()).toEqual(chains)
    const exported = await api.call('GET', '/v1/audit/export')
    expect(exported.headers['content-type']).toContain('application/x-ndjson')
    expect(
      (await verifyExport(linesOf(exported.text))).map(({ tenant, entries, ok }) => [tenant, entries, ok]),
    ).toEqual([
      ['acme', 1, true],
      ['globex', 2, true],
    ])
    const forged = exported.text.replace('domains.check', 'domains.other')
    expect((await verifyExport(linesOf(forged)))[1]).toMatchObject({ ok: false, brokenAt: 2 })
    await asSuperuser(`alter table audit disable trigger user; update audit set actor_id = 'x' where tenant = 'acme'`)
    expect(await verify()).toEqual([{ ...chains[0], ok: false, broken_at: 1 }, chains[1]])
    expect((await api.call('GET', '/v1/audit/verify?tenant=globex')).json.chains).toEqual([chains[1]])
  })

  it('of a tenant is all that its key sees, without the platform’s own people', async () => {
    await launch({ tenant: 'acme' }, { headers: WHY })
    await launch({ tenant: 'globex' })
    const { id, key } = await aKey(api.call, { role: 'admin', tenant: 'acme' })
    await api.call('POST', '/v1/domains/shop.example.com/check', { key })
    await seal()
    const { json } = await api.call('GET', '/v1/audit', { key })
    expect(json.data.map(({ action, actor, why }: never) => [action, actor, why])).toEqual([
      ['domains.check', { kind: 'key', id, name: 'admin key' }, null],
      ['keys.create', { kind: 'key', id: 'bootstrap', name: null }, null],
      ['domains.create', { kind: 'key', id: 'bootstrap', name: null }, null],
    ])
    expect((await api.call('GET', '/v1/audit?tenant=globex', { key })).json.data).toEqual([])
    expect((await api.call('GET', '/v1/audit/verify', { key })).json.chains).toMatchObject([
      { tenant: 'acme', ok: true },
    ])
    const { text } = await api.call('GET', '/v1/audit/export?tenant=globex', { key })
    expect(text).toBe('')
    const own = (await api.call('GET', '/v1/audit/export', { key })).text
    expect(own).not.toMatch(/Ticket|bootstrap key|globex/)
    expect(await verifyExport(linesOf(own))).toMatchObject([{ tenant: 'acme', entries: 3, ok: true }])
  })
})

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.split('\n')
}
