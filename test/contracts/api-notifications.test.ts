import { HOUR, MINUTE, unsubscribeToken } from '@mooring/core'
import { createNotices } from '@mooring/postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { storeDomain } from '../builders/stored-domain.ts'
import { recover, troubledDomains } from '../builders/troubled-domains.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
let call: ReturnType<typeof apiUnderTest>['call']
beforeEach(() => {
  call = apiUnderTest(database()).call
})

const group = (now = new Date()) =>
  createNotices(database()).group({
    now,
    windowMs: 10 * MINUTE,
    recoveryMs: MINUTE,
    perHour: 30,
    channels: [{ name: 'slack', hears: 'everything' }],
  })
const soon = () => new Date(Date.now() + HOUR).toISOString()

describe('/v1/notifications', () => {
  it('shows what was told, newest first, a page at a time', async () => {
    for (const tenant of ['a', 'b', 'c']) {
      await troubledDomains(database(), { count: 2, from: tenant.charCodeAt(0) * 10, tenant })
      await group()
    }
    const first = await call('GET', '/v1/notifications?limit=2')
    expect(first.json.data).toMatchObject([
      {
        kind: 'first',
        code: 'DNS_RECORD_MISSING',
        tenant: 'c',
        count: 1,
        held: 'capped',
        deliveries: [{ channel: 'slack', status: 'pending', attempt: 0, error: null, at: null }],
      },
      { tenant: 'b', held: null },
    ])
    const rest = await call('GET', `/v1/notifications?limit=2&cursor=${first.json.next_cursor}`)
    expect(rest.json).toMatchObject({ data: [{ tenant: 'a' }], next_cursor: null })
    expect((await call('GET', '/v1/notifications?cursor=nonsense')).status).toBe(422)
  })
})

describe('/v1/silences', () => {
  it('hold notices back until they end, which may be asked for', async () => {
    const body = { code: 'DNS_RECORD_MISSING', until: soon(), why: 'A move of 🏠 "acme" is under way' }
    const made = await call('POST', '/v1/silences', { body })
    expect(made).toMatchObject({ status: 201, json: { ...body, tenant: null, created_by: 'bootstrap key' } })
    expect((await call('GET', '/v1/silences')).json.data).toEqual([made.json])

    await troubledDomains(database(), { count: 3 })
    await group()
    expect((await call('GET', '/v1/notifications')).json.data).toMatchObject([{ held: 'silenced', deliveries: [] }])

    expect((await call('DELETE', `/v1/silences/${made.json.id}`)).status).toBe(204)
    expect((await call('DELETE', `/v1/silences/${made.json.id}`)).status).toBe(404)
    expect((await call('GET', '/v1/silences')).json.data).toEqual([])
    await recover(database())
    await group(new Date(Date.now() + 1000))
    expect((await call('GET', '/v1/notifications')).json.data[0]).toMatchObject({
      kind: 'digest',
      held: null,
      count: 1,
    })
  })

  it('are made once by one Idempotency-Key', async () => {
    const request = { body: { until: soon(), why: 'x' }, headers: { 'idempotency-key': 'k1' } }
    const [one, two] = [await call('POST', '/v1/silences', request), await call('POST', '/v1/silences', request)]
    expect(two.json).toEqual(one.json)
    expect((await call('GET', '/v1/silences')).json.data).toHaveLength(1)
  })

  it('refuse every mistake at once', async () => {
    const body = { code: 'NO_SUCH_CODE', tenant: '%', until: 'soon', why: '  ', more: 1 }
    const { status, json } = await call('POST', '/v1/silences', { body })
    expect(status).toBe(422)
    expect(json.errors.map(({ path }: { path: string }) => path).toSorted()).toEqual([
      'code',
      'more',
      'tenant',
      'until',
      'why',
    ])
    for (const until of ['2020-01-01T00:00:00Z', '2100-01-01T00:00:00Z']) {
      expect((await call('POST', '/v1/silences', { body: { until, why: 'x' } })).json.errors).toMatchObject([
        { path: 'until' },
      ])
    }
  })
})

describe('/v1/contacts', () => {
  const body = { email: 'owner@customer.example' }

  it('say where a customer gets mails, and are forgotten when asked to', async () => {
    expect((await call('GET', '/v1/contacts/acme')).status).toBe(404)
    const made = await call('PUT', '/v1/contacts/acme', { body })
    expect(made).toMatchObject({
      status: 200,
      json: { ...body, tenant: 'acme', domain_id: null, locale: 'en', unsubscribed: [] },
    })
    expect((await call('PUT', '/v1/contacts/acme', { body })).json).toEqual(made.json)
    expect((await call('GET', '/v1/contacts/acme')).json).toEqual(made.json)
    expect((await call('DELETE', '/v1/contacts/acme')).status).toBe(204)
    expect((await call('DELETE', '/v1/contacts/acme')).status).toBe(404)
  })

  it('may be one domain’s, of the tenant that has it', async () => {
    const { domain } = await storeDomain(database(), { tenant: 'acme' })
    expect((await call('PUT', `/v1/contacts/acme?domain=${domain.id}`, { body })).json.domain_id).toBe(domain.id)
    expect((await call('PUT', `/v1/contacts/globex?domain=${domain.id}`, { body })).status).toBe(404)
    expect(
      (await call('PUT', '/v1/contacts/acme', { body: { email: 'nobody', locale: '../..' } })).json.errors,
    ).toHaveLength(2)
  })
})

describe('/unsubscribe', () => {
  const link = async () => {
    await call('PUT', '/v1/contacts/acme', { body: { email: 'owner@customer.example' } })
    const contact = await database().kysely.selectFrom('contacts').select(['id', 'secret']).executeTakeFirstOrThrow()
    return `/unsubscribe/${unsubscribeToken(contact, 'rotation')}`
  }
  const unsubscribed = async () => (await call('GET', '/v1/contacts/acme')).json.unsubscribed

  it('asks first, for whoever merely follows the link', async () => {
    const page = await call('GET', await link(), { key: null })
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('<form method="post">') })
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    expect(await unsubscribed()).toEqual([])
  })

  it.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'takes one click as %s',
    async (type) => {
      const headers = { 'content-type': type }
      const answer = await call('POST', await link(), { key: null, headers, text: 'List-Unsubscribe=One-Click' })
      expect(answer.status).toBe(200)
      expect(await unsubscribed()).toEqual(['rotation'])
    },
  )

  it('does nothing by a link that is not good', async () => {
    const good = await link()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    for (const url of ['/unsubscribe/x', `${good.slice(0, -2)}AA`, good.replace('rotation', 'left')]) {
      expect((await call('POST', url, { key: null, headers, text: '' })).status).toBe(404)
      expect((await call('GET', url, { key: null })).status).toBe(404)
    }
    expect(await unsubscribed()).toEqual([])
  })
})
