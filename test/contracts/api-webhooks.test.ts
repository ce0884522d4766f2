import { makeApiKey, type Role } from '@mooring/core'
import { createApiKeyStore, createWebhookOutbox } from '@mooring/postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
let api: ReturnType<typeof apiUnderTest>
beforeEach(() => {
  api = apiUnderTest(database(), { settings: { webhookAllow: ['10.0.0.0/8'] } })
})

const URL = 'https://platform.example/hooks'
const make = (body: Record<string, unknown> = {}, key?: string) =>
  api.call('POST', '/v1/webhooks', { body: { url: URL, ...body }, ...(key === undefined ? {} : { key }) })

async function aKey(role: Role, tenant: string | null): Promise<string> {
  const { id, hash, key } = makeApiKey()
  const made = { id, hash, name: role, role, tenant, createdBy: 'a test', expiresAt: null }
  await createApiKeyStore(database()).create(made)
  return key
}

describe('/v1/webhooks', () => {
  it('shows the secret once, and stores it sealed', async () => {
    const made = await make({ types: ['domain.active'], description: 'Production' })
    expect(made.status).toBe(201)
    expect(made.json).toMatchObject({
      id: expect.stringMatching(/^whk_/),
      url: URL,
      tenant: null,
      types: ['domain.active'],
      description: 'Production',
      enabled: true,
      created_by: 'bootstrap key',
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    })
    expect(made.headers).toMatchObject({ location: `/v1/webhooks/${made.json.id}`, 'cache-control': 'no-store' })
    const { secret, ...shown } = made.json
    expect((await api.call('GET', `/v1/webhooks/${made.json.id}`)).json).toEqual(shown)
    expect((await api.call('GET', '/v1/webhooks')).json).toEqual({ data: [shown], next_cursor: null })
    const { rows } = await database().pool.query('select * from webhooks')
    expect(JSON.stringify(rows)).not.toContain(secret.slice(6))
  })

  it.each([
    ['http://platform.example/', 'URL_SCHEME', []],
    ['https://127.0.0.1/', 'URL_ADDRESS_FORBIDDEN', ['10.0.0.0/8']],
    ['https://user:pw@platform.example/', 'URL_USERINFO', []],
    ['https://[::ffff:169.254.169.254]/', 'URL_ADDRESS_FORBIDDEN', []],
  ])('refuses %s', async (url, code, webhookAllow) => {
    api = apiUnderTest(database(), { settings: { webhookAllow } })
    const refused = await make({ url })
    expect(refused.status).toBe(422)
    expect(refused.json.errors).toMatchObject([{ path: 'url', code }])
    const { id } = (await make()).json
    expect((await api.call('PATCH', `/v1/webhooks/${id}`, { body: { url } })).status).toBe(422)
  })

  it('takes a plain address where the operator allows it', async () => {
    expect((await make({ url: 'http://10.1.2.3:3000/hooks' })).status).toBe(201)
  })

  it('names every fault at once', async () => {
    const refused = await api.call('POST', '/v1/webhooks', {
      body: { types: ['domain.eaten'], description: 7, extra: 1 },
    })
    expect(refused.status).toBe(422)
    expect(refused.json.errors.map(({ path }: { path: string }) => path).toSorted()).toEqual([
      'description',
      'extra',
      'types.0',
      'url',
    ])
  })

  it('is changed, disabled, enabled and removed', async () => {
    const { id } = (await make({ types: ['domain.active'] })).json
    const change = (body: unknown) => api.call('PATCH', `/v1/webhooks/${id}`, { body })
    expect((await change({ enabled: false })).json).toMatchObject({
      enabled: false,
      disabled_because: 'operator',
      types: ['domain.active'],
    })
    expect((await change({ enabled: true, types: null, description: 'x' })).json).toMatchObject({
      enabled: true,
      disabled_at: null,
      types: null,
      description: 'x',
      url: URL,
    })
    expect((await api.call('DELETE', `/v1/webhooks/${id}`)).status).toBe(204)
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/secret'],
      ['POST', '/test'],
      ['GET', '/deliveries'],
    ] as const) {
      const body = method === 'PATCH' ? { body: {} } : {}
      expect((await api.call(method, `/v1/webhooks/${id}${path}`, body)).status, method + path).toBe(404)
    }
  })

  it('rotates the secret, with a day in which both sign', async () => {
    const made = await make()
    const rotated = await api.call('POST', `/v1/webhooks/${made.json.id}/secret`)
    expect(rotated.json.secret).not.toBe(made.json.secret)
    const until = new Date(rotated.json.previous_secret_until).getTime() - Date.now()
    expect(until / 3_600_000).toBeGreaterThan(23.9)
    await api.call('POST', `/v1/webhooks/${made.json.id}/test`)
    const options = { limit: 1, perWebhook: 8, proven: [], leaseMs: 60_000 }
    const [message] = await createWebhookOutbox(database()).claim(options)
    const binding = { ownerId: made.json.id, secretId: 'webhook-secret' }
    const secrets = message?.sealedSecrets.map((sealed) => api.dependencies.custody.open(sealed, binding))
    expect(secrets).toEqual([rotated.json.secret, made.json.secret])
  })

  it('makes one webhook of a request that is sent twice', async () => {
    const twice = () => api.call('POST', '/v1/webhooks', { body: { url: URL }, headers: { 'idempotency-key': 'once' } })
    const [first, second] = [await twice(), await twice()]
    expect(second.json).toEqual(first.json)
    expect((await api.call('GET', '/v1/webhooks')).json.data).toHaveLength(1)
  })

  it('has twenty of one tenant at most', async () => {
    for (let n = 0; n < 20; n++) expect((await make()).status).toBe(201)
    expect(await make()).toMatchObject({ status: 409, json: { code: 'CONFLICT' } })
  })
})

describe('deliveries', () => {
  it('are inspected, and sent again under their id', async () => {
    const { id } = (await make()).json
    const tested = await api.call('POST', `/v1/webhooks/${id}/test`)
    expect(tested).toMatchObject({
      status: 202,
      json: { id: expect.stringMatching(/^msg_/), type: 'webhook.test', status: 'pending', domain_id: null, tries: [] },
    })
    const outbox = createWebhookOutbox(database())
    const [message] = await outbox.claim({ limit: 1, perWebhook: 8, proven: [], leaseMs: 60_000 })
    if (message === undefined) throw new Error('nothing to send')
    const tried = { at: '2026-01-01T00:00:00.000Z', ms: 12, status: 500, error: 'answered 500', excerpt: 'oh no' }
    const requestHeaders = { 'webhook-id': message.id, 'webhook-signature': 'v1,x' }
    await outbox.settle(message, { kind: 'failed', tried, requestHeaders, delayMs: null })

    const failed = await api.call('GET', `/v1/webhooks/${id}/deliveries?status=failed`)
    expect(failed.json.data).toMatchObject([
      {
        id: message.id,
        webhook_id: id,
        status: 'failed',
        attempt: 1,
        next_at: null,
        request: { headers: requestHeaders, body: { type: 'webhook.test', data: {} } },
        tries: [tried],
        settled_at: expect.any(String),
      },
    ])
    expect((await api.call('GET', `/v1/webhooks/${id}/deliveries?status=pending`)).json.data).toEqual([])

    const replayed = await api.call('POST', `/v1/webhooks/${id}/deliveries/${message.id}/replay`)
    expect(replayed).toMatchObject({ status: 202, json: { id: message.id, status: 'pending', attempt: 0 } })
    expect(await api.call('POST', `/v1/webhooks/${id}/deliveries/msg_none/replay`)).toMatchObject({ status: 404 })
    expect((await api.call('GET', `/v1/webhooks/${id}/deliveries/${message.id}`)).json.tries).toEqual([tried])
  })

  it('are sent again from a time on', async () => {
    const { id } = (await make()).json
    await api.call('POST', `/v1/webhooks/${id}/test`)
    const outbox = createWebhookOutbox(database())
    const [message] = await outbox.claim({ limit: 1, perWebhook: 8, proven: [], leaseMs: 60_000 })
    const tried = { at: '2026-01-01T00:00:00.000Z', ms: 1, status: 200, error: null, excerpt: null }
    if (message !== undefined)
      await outbox.settle(message, { kind: 'delivered', tried, requestHeaders: {}, delayMs: null })
    const replay = (since: string) => api.call('POST', `/v1/webhooks/${id}/replay`, { body: { since } })
    expect(await replay(new Date(Date.now() + 60_000).toISOString())).toMatchObject({
      status: 202,
      json: { replayed: 0 },
    })
    expect((await replay('2026-01-01T00:00:00Z')).json).toEqual({ replayed: 1 })
    expect((await replay('yesterday')).status).toBe(422)
  })

  it('come in pages, without a gap', async () => {
    const { id } = (await make()).json
    for (let n = 0; n < 5; n++) await api.call('POST', `/v1/webhooks/${id}/test`)
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await api.call('GET', `/v1/webhooks/${id}/deliveries?limit=2${cursor && `&cursor=${cursor}`}`)
      seen.push(...page.json.data.map((delivery: { id: string }) => delivery.id))
      cursor = page.json.next_cursor
    }
    expect(new Set(seen).size).toBe(5)
  })
})

describe('a tenant’s key', () => {
  it('has its own webhooks, and none of others', async () => {
    const [acme, other] = [await aKey('admin', 'acme'), await aKey('admin', 'other')]
    const own = await make({}, acme)
    expect(own.json).toMatchObject({ tenant: 'acme' })
    const [platforms, foreign] = [await make(), await make({}, other)]
    const list = await api.call('GET', '/v1/webhooks', { key: acme })
    expect(list.json.data.map(({ id }: { id: string }) => id)).toEqual([own.json.id])
    for (const { id } of [platforms.json, foreign.json]) {
      expect((await api.call('GET', `/v1/webhooks/${id}`, { key: acme })).status).toBe(404)
      expect((await api.call('GET', `/v1/webhooks/${id}/deliveries`, { key: acme })).status).toBe(404)
      expect((await api.call('POST', `/v1/webhooks/${id}/secret`, { key: acme })).status).toBe(404)
      expect((await api.call('POST', `/v1/webhooks/${id}/test`, { key: acme })).status).toBe(404)
      expect((await api.call('DELETE', `/v1/webhooks/${id}`, { key: acme })).status).toBe(404)
    }
    expect((await make({ tenant: 'other' }, acme)).status).toBe(403)
    expect((await make({ tenant: null }, acme)).status).toBe(403)
    expect((await api.call('POST', `/v1/webhooks/${own.json.id}/test`, { key: acme })).status).toBe(202)
    expect((await api.call('DELETE', `/v1/webhooks/${own.json.id}`, { key: acme })).status).toBe(204)
  })

  it('says where events go only as an admin', async () => {
    const operator = await aKey('operator', null)
    const { id } = (await make()).json
    expect((await make({}, operator)).status).toBe(403)
    expect((await api.call('POST', `/v1/webhooks/${id}/secret`, { key: operator })).status).toBe(403)
    expect((await api.call('POST', `/v1/webhooks/${id}/test`, { key: operator })).status).toBe(202)
    expect((await api.call('POST', `/v1/webhooks/${id}/test`, { key: await aKey('viewer', null) })).status).toBe(403)
  })
})
