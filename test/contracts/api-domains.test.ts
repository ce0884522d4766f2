import { type DomainView, reachAnswer } from '@mooring/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { ADMIN_KEY, apiUnderTest } from '../builders/api-under-test.ts'
import { hostnameCases, targetCases } from '../corpus/read-corpus.ts'
import { usePostgres } from '../services/test-database.ts'
import { soon } from '../services/soon.ts'

const { database } = usePostgres()
let api: ReturnType<typeof apiUnderTest>
beforeEach(() => {
  api = apiUnderTest(database())
})

const PROXY = { type: 'proxy', url: 'http://10.1.2.3:8080' }
const launch = (hostname: string, fields: Record<string, unknown> = {}) =>
  api.call('POST', '/v1/domains', { body: { hostname, target: PROXY, ...fields } })
const storedDomains = async () =>
  Number((await database().pool.query('select count(*) from domains')).rows[0]?.count ?? -1)
const setState = (id: string, state: string, step: string, reason: DomainView['domain']['reason'] = null) =>
  database().pool.query('update domains set state = $2, step = $3, reason = $4, next_run_at = null where id = $1', [
    id,
    state,
    step,
    reason === null ? null : JSON.stringify(reason),
  ])

describe('POST /v1/domains', () => {
  it('answers 202 with the domain and every record the customer needs, and tells the workers', async () => {
    const { status, headers, json } = await launch('Shop.Example.COM', { tenant: 'acme', metadata: { plan: 'pro' } })
    expect(status).toBe(202)
    expect(headers['location']).toBe(`/v1/domains/${json.id}`)
    expect(json).toMatchObject({
      hostname: 'shop.example.com',
      tenant: 'acme',
      state: 'pending',
      reason: null,
      target: PROXY,
      verification: { method: 'txt', routing: true, previous: null, http: null },
      holds: false,
      suspension: null,
      consents: [],
      revoke: false,
      dns: { provider: null },
      certificate: { status: 'none', serial: null },
      edges: { generation: null, proved: 0, live: 0, pending: [] },
      metadata: { plan: 'pro' },
    })
    expect(json.dns.records).toEqual([
      {
        type: 'TXT',
        name: '_mooring-challenge.shop.example.com',
        value: expect.stringMatching(/^token=[0-9a-f]{40} expiry=\d{4}-.+Z$/),
        purpose: 'ownership',
        status: 'unknown',
        observed: [],
        checked_at: null,
        accepted_until: null,
      },
      expect.objectContaining({ type: 'CNAME', name: 'shop.example.com', value: 'edge.platform.example' }),
    ])
    await soon(() => expect(api.published).toEqual([{ domainId: json.id, lane: 'interactive' }]))
  })

  it('asks for addresses at the top of a zone, where a CNAME cannot stand', async () => {
    const { json } = await launch('example.com')
    expect(json.dns.records[1]).toMatchObject({ type: 'A', name: 'example.com', value: '93.184.215.14' })
  })

  it('puts a migration on the lane that nobody waits behind', async () => {
    await launch('shop.example.com', { priority: 'normal' })
    await soon(() => expect(api.published[0]?.lane).toBe('normal'))
  })

  it('tells all faults of one request at once, and stores nothing', async () => {
    const { status, json } = await launch('shop..example.com', {
      target: { type: 'proxy', url: 'http://169.254.169.254' },
      verification: { method: 'post', token: 'a'.repeat(5000) },
      tenant: 'a tenant',
      metadata: 'none',
      colour: 'blue',
    })
    expect(status).toBe(422)
    expect(json.code).toBe('INVALID')
    expect(json.errors.map(({ path, code }: { path: string; code: string }) => `${path} ${code}`)).toEqual([
      'hostname HOSTNAME_BAD_LABEL',
      'target.url TARGET_ADDRESS_FORBIDDEN',
      'verification.method NOT_ALLOWED',
      'verification.token UNKNOWN_FIELD',
      'tenant INVALID',
      'metadata WRONG_TYPE',
      'colour UNKNOWN_FIELD',
    ])
    expect(await storedDomains()).toBe(0)
  })

  it.each([
    [undefined, [['body', 'REQUIRED']]],
    [[], [['body', 'WRONG_TYPE']]],
    [
      {},
      [
        ['hostname', 'REQUIRED'],
        ['target', 'REQUIRED'],
      ],
    ],
    [
      { hostname: 7, target: { type: 'site' } },
      [
        ['hostname', 'WRONG_TYPE'],
        ['target.type', 'NOT_ALLOWED'],
      ],
    ],
  ])('names what is missing or of the wrong type in %j', async (body, expected) => {
    const { status, json } = await api.call('POST', '/v1/domains', { body })
    expect(status).toBe(422)
    expect(json.errors.map(({ path, code }: { path: string; code: string }) => [path, code])).toEqual(expected)
  })

  it('refuses an edge pool that does not exist, by its field', async () => {
    const { status, json } = await launch('shop.example.com', { edge_pool: 'mars' })
    expect(status).toBe(422)
    expect(json.errors).toEqual([expect.objectContaining({ path: 'edge_pool', code: 'EDGE_POOL_UNKNOWN' })])
  })

  it('refuses a hostname that the tenant has registered already, with the id', async () => {
    const { json: first } = await launch('shop.example.com', { tenant: 'acme' })
    const again = await launch('SHOP.example.com', { tenant: 'acme' })
    expect([again.status, again.json.code, again.json.id]).toEqual([409, 'HOSTNAME_EXISTS', first.id])
  })

  it('lets every tenant claim a hostname, each with a token of its own', async () => {
    const claims = await Promise.all(['a', 'b', 'c'].map((tenant) => launch('shop.example.com', { tenant })))
    expect(claims.map(({ status, json }) => [status, json.holds])).toEqual(claims.map(() => [202, false]))
    const tokens = claims.map(({ json }) => json.dns.records[0].value.split(' ')[0])
    expect(new Set(tokens).size).toBe(3)
    for (const [at, { text }] of claims.entries()) {
      expect(tokens.filter((token) => text.includes(token))).toEqual([tokens[at]])
    }
  })

  it('lets exactly one of many at once have the hostname', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => launch('shop.example.com')))
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(7)
    expect(await storedDomains()).toBe(1)
  })

  it('accepts while the broker is away, and leaves the domain due for the scheduler', async () => {
    api.broker.isUp = false
    const { status, json } = await launch('shop.example.com')
    expect(status).toBe(202)
    await api.app.close()
    const hints = await api.dependencies.dispatch.takeDue({ limit: 10 })
    expect(hints).toEqual([{ domainId: json.id, lane: 'interactive' }])
  })

  it('does not wait for a broker that never answers', async () => {
    const stuck = { ...api.dependencies.queue, publish: () => new Promise<never>(() => {}) }
    const { call } = apiUnderTest(database(), { queue: stuck })
    const { status } = await call('POST', '/v1/domains', { body: { hostname: 'shop.example.com', target: PROXY } })
    expect(status).toBe(202)
  })

  it('judges every hostname and target of the corpus as the parser does', async () => {
    for (const expected of hostnameCases().filter((one) => 'code' in one)) {
      const { status, json } = await launch(expected.input)
      const errors = [{ path: 'hostname', code: 'code' in expected && expected.code, message: expect.any(String) }]
      expect({ input: expected.input, status, errors: json.errors }).toEqual({
        input: expected.input,
        status: 422,
        errors,
      })
    }
    for (const { target, ...expected } of targetCases()) {
      const { status, json } = await launch('shop.example.com', { target, vhost: 'pooled' })
      const codes = json.errors.map(({ code }: { code: string }) => code)
      expect({ target, status, codes }).toEqual({
        target,
        status: 422,
        codes: 'code' in expected ? [expected.code, 'NOT_ALLOWED'] : ['NOT_ALLOWED'],
      })
    }
    expect(await storedDomains()).toBe(0)
  })
})

describe('reading domains', () => {
  it('finds one by its id and by its hostname in any spelling', async () => {
    const { json: made } = await launch('münchen.example.com')
    for (const name of [made.id, 'xn--mnchen-3ya.example.com', encodeURIComponent('MÜNCHEN.Example.com')]) {
      const { status, json } = await api.call('GET', `/v1/domains/${name}`)
      expect([status, json]).toEqual([200, made])
    }
  })

  it.each(['dom_nothing', 'nobody.example.com', '-', '%00', 'dom_01890a5d-ac96-774b-bcce-b302099a8057'])(
    'has no domain for %s',
    async (name) => {
      const { status, json } = await api.call('GET', `/v1/domains/${name}`)
      expect([status, json.code]).toEqual([404, 'NOT_FOUND'])
    },
  )

  it('lists page by page, newest first, each domain once', async () => {
    for (let i = 0; i < 5; i += 1) await launch(`shop-${i}.example.com`)
    const seen: string[] = []
    let cursor = ''
    for (;;) {
      const { json } = await api.call('GET', `/v1/domains?limit=2${cursor}`)
      seen.push(...json.data.map((domain: { hostname: string }) => domain.hostname))
      if (json.next_cursor === null) break
      cursor = `&cursor=${json.next_cursor}`
    }
    expect(seen).toEqual([4, 3, 2, 1, 0].map((i) => `shop-${i}.example.com`))
  })

  it('filters by state, reason, who must act, tenant and text', async () => {
    const { json: failed } = await launch('broken.example.com', { tenant: 'acme' })
    await launch('fine.example.com')
    await setState(failed.id, 'failed', 'verify_routing', {
      code: 'DNS_RECORD_MISSING',
      message: 'There is no CNAME.',
      actor: 'customer',
      expected: ['edge.platform.example'],
      observed: [],
    })
    for (const query of ['state=failed', 'reason=DNS_RECORD_MISSING', 'actor=customer', 'tenant=acme', 'q=BROKEN']) {
      const { json } = await api.call('GET', `/v1/domains?${query}`)
      expect(json.data.map((domain: { id: string }) => domain.id)).toEqual([failed.id])
    }
    const { json } = await api.call('GET', '/v1/domains?state=failed')
    expect(json.data[0].reason).toMatchObject({ actor: 'customer', expected: ['edge.platform.example'], observed: [] })
  })

  it.each(['limit=0', 'limit=201', 'limit=x', 'state=gone', 'colour=blue', 'cursor=nonsense', 'cursor=%00', 'q=%00'])(
    'refuses the query %s by its field',
    async (query) => {
      const { status, json } = await api.call('GET', `/v1/domains?${query}`)
      expect([status, json.errors?.[0]?.path]).toEqual([422, query.split('=')[0]])
    },
  )
})

describe('changing a domain', () => {
  it('takes a new target and metadata and looks at the domain now', async () => {
    const { json: made } = await launch('shop.example.com')
    await soon(() => expect(api.published).toHaveLength(1))
    const target = { type: 'redirect', url: 'https://www.example.com/', status: 308 }
    const { status, json } = await api.call('PATCH', `/v1/domains/${made.id}`, { body: { target, metadata: { a: 1 } } })
    expect([status, json.target, json.metadata]).toEqual([202, target, { a: 1 }])
    await soon(() => expect(api.published).toHaveLength(2))
  })

  it('looks again now when nothing differs', async () => {
    await launch('shop.example.com')
    await soon(() => expect(api.published).toHaveLength(1))
    const { status } = await api.call('PATCH', '/v1/domains/shop.example.com', { body: { target: PROXY } })
    expect(status).toBe(202)
    await soon(() => expect(api.published).toHaveLength(2))
  })

  it('refuses what may not change, and what is not valid', async () => {
    const { json: made } = await launch('shop.example.com')
    const { status, json } = await api.call('PATCH', `/v1/domains/${made.id}`, {
      body: { hostname: 'other.example.com', target: { type: 'proxy', url: 'http://[::1]' } },
    })
    expect([status, json.errors.map(({ path }: { path: string }) => path)]).toEqual([422, ['target.url', 'hostname']])
  })

  it('refuses to send a hostname to itself', async () => {
    await launch('shop.example.com')
    const target = { type: 'redirect', url: 'https://shop.example.com/' }
    const { status, json } = await api.call('PATCH', '/v1/domains/shop.example.com', { body: { target } })
    expect([status, json.errors[0].code]).toEqual([422, 'TARGET_LOOP'])
  })

  it('lets a domain go, and says where it is when it is too late for a change', async () => {
    const { json: made } = await launch('shop.example.com')
    const { status, json } = await api.call('DELETE', `/v1/domains/${made.id}?immediate=true`)
    expect([status, json.state, json.step]).toEqual([202, 'deprovisioning', 'withdraw_route'])
    const late = await api.call('PATCH', `/v1/domains/${made.id}`, { body: { metadata: {} } })
    expect([late.status, late.json.code]).toEqual([409, 'WRONG_STATE'])
    expect(late.json.detail).toContain('deprovisioning')
  })

  it('checks at once, and retries only what failed', async () => {
    const { json: made } = await launch('shop.example.com')
    await soon(() => expect(api.published).toHaveLength(1))
    const checked = await api.call('POST', `/v1/domains/${made.id}/check`, { headers: { 'content-length': '0' } })
    expect([checked.status, checked.json.id]).toEqual([202, made.id])
    await soon(() => expect(api.published).toHaveLength(2))

    const early = await api.call('POST', `/v1/domains/${made.id}/retry`)
    expect([early.status, early.json.code]).toEqual([409, 'WRONG_STATE'])
    expect(early.json.detail).toContain('"pending"')
    await setState(made.id, 'failed', 'verify_routing')
    const retried = await api.call('POST', '/v1/domains/shop.example.com/retry', { text: '' })
    expect([retried.status, retried.json.state, retried.json.attempt]).toEqual([202, 'verifying', 0])
  })

  it.each(['check', 'retry', 'events', 'attempts'])('has nothing to %s for an unknown domain', async (action) => {
    const method = action === 'check' || action === 'retry' ? 'POST' : 'GET'
    const { status } = await api.call(method, `/v1/domains/dom_01890a5d-ac96-774b-bcce-b302099a8057/${action}`)
    expect(status).toBe(404)
  })

  it('shows what happened and what was tried', async () => {
    const { json: made } = await launch('shop.example.com')
    await api.call('POST', `/v1/domains/${made.id}/check`)
    const events = await api.call('GET', `/v1/domains/${made.id}/events?limit=1`)
    expect(events.json.data).toEqual([expect.objectContaining({ type: 'domain.check_requested', actor: 'api' })])
    const older = await api.call('GET', `/v1/domains/${made.id}/events?cursor=${events.json.next_cursor}`)
    expect(older.json.data.map(({ type }: { type: string }) => type)).toEqual(['domain.created'])
    const attempts = await api.call('GET', `/v1/domains/${made.id}/attempts`)
    expect(attempts.json).toEqual({ data: [], next_cursor: null })
  })
})

describe('GET /v1/jobs', () => {
  it('lists what is due with the number of each kind', async () => {
    const { json: made } = await launch('shop.example.com')
    const { status, json } = await api.call('GET', '/v1/jobs?kind=due')
    expect(status).toBe(200)
    expect(json.counts).toEqual({ due: 1, running: 0, waiting: 0, failed: 0, dead: 0 })
    expect(json.data).toEqual([
      expect.objectContaining({ kind: 'due', domain_id: made.id, hostname: 'shop.example.com', step: 'accept' }),
    ])
    expect(json.data[0].at).toMatch(/^\d{4}-.*Z$/)
  })

  it('lists every kind together without one', async () => {
    const { json: made } = await launch('shop.example.com')
    await setState(made.id, 'failed', 'verify_routing')
    await launch('other.example.com')
    const { json } = await api.call('GET', '/v1/jobs')
    expect(json.data.map(({ kind }: { kind: string }) => kind)).toEqual(['due', 'failed'])
  })
})

describe('an ACME challenge', () => {
  it('is answered for the hostname it was made for, and for no other', async () => {
    const { json: made } = await launch('shop.example.com')
    await database().pool.query(
      `insert into challenges (token, domain_id, hostname, key_authorization) values ('tok-1', $1, 'shop.example.com', 'tok-1.thumb')`,
      [made.id],
    )
    const ask = (host: string, token = 'tok-1') =>
      api.call('GET', `/.well-known/acme-challenge/${token}`, { key: null, headers: { host } })
    for (const host of ['shop.example.com', 'SHOP.example.com:8080', 'shop.example.com.']) {
      const answer = await ask(host)
      expect([answer.status, answer.text]).toEqual([200, 'tok-1.thumb'])
      expect(answer.headers['content-type']).toMatch(/^text\/plain/)
    }
    for (const host of ['other.example.com', 'a shop.example.com', '']) expect((await ask(host)).status).toBe(404)
    for (const token of ['tok-2', 'tok.1', '%00', 'a'.repeat(600)]) {
      expect((await ask('shop.example.com', token)).status).toBe(404)
    }
  })
})

describe('a question whether an ACME challenge would come through', () => {
  it('is answered for whatever name it is asked at, from nothing that is stored', async () => {
    const token = `mooring-reach-${'0f'.repeat(16)}`
    const ask = (host: string) =>
      api.call('GET', `/.well-known/acme-challenge/${token}`, { key: null, headers: { host } })
    const answer = await ask('Shop.example.com:80')
    expect([answer.status, answer.text]).toEqual([200, reachAnswer(token, 'shop.example.com')])
    expect((await ask('other.example.com')).text).not.toBe(answer.text)
    expect((await ask('a shop.example.com')).status).toBe(404)
    for (const other of [`${token}0`, token.toUpperCase(), `mooring-reach-${'0'.repeat(5000)}`]) {
      expect((await api.call('GET', `/.well-known/acme-challenge/${other}`, { key: null })).status).toBe(404)
    }
  })
})

it('shows a state that only a newer release knows', async () => {
  const { json: made } = await launch('shop.example.com')
  await setState(made.id, 'hibernating', 'dream')
  const { status, json } = await api.call('GET', `/v1/domains/${made.id}`, { key: ADMIN_KEY })
  expect([status, json.state, json.step]).toEqual([200, 'hibernating', 'dream'])
})
