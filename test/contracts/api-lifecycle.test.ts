import { newDomainId, type State } from '@mooring/core'
import { createLogger } from '@mooring/runtime'
import { beforeEach, describe, expect, it } from 'vitest'
import { apiUnderTest } from '../builders/api-under-test.ts'
import { storeDomainIn } from '../builders/domain-in-state.ts'
import { usePostgres } from '../services/test-database.ts'
import { soon } from '../services/soon.ts'

const { database } = usePostgres()
let api: ReturnType<typeof apiUnderTest>
let logged: string[]
beforeEach(() => {
  logged = []
  const log = createLogger({ name: 'api', level: 'trace', destination: { write: (line) => logged.push(line) } })
  api = apiUnderTest(database(), { log })
})

const OWNED = { holds: true } as const
const stored = (state: State, overrides: Parameters<typeof storeDomainIn>[2] = OWNED) =>
  storeDomainIn(database(), state, overrides)
const launch = (fields: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
  api.call('POST', '/v1/domains', {
    body: { hostname: 'shop.example.com', target: { type: 'none' }, ...fields },
    headers,
  })
const act = (id: string, action: string) => api.call('POST', `/v1/domains/${id}/${action}`)
const eventsOf = async (id: string): Promise<string[]> => {
  const { json } = await api.call('GET', `/v1/domains/${id}/events`)
  return json.data.map(({ type }: { type: string }) => type)
}
const tokenIn = (domain: { dns: { records: { value: string }[] } }) =>
  /[0-9a-f]{40}/.exec(domain.dns.records[0]?.value ?? '')?.[0]

const ACTIONS = ['check', 'retry', 'suspend', 'resume', 'restore', 'rotate-token', 'erase']

describe('an action', () => {
  it.each([
    ['check', 'active', {}, 'active'],
    ['retry', 'failed', {}, 'provisioning_cert'],
    ['suspend', 'active', {}, 'suspended'],
    ['resume', 'suspended', { suspension: 'operator' }, 'suspended'],
    ['restore', 'deprovisioning', {}, 'pending'],
    ['rotate-token', 'active', {}, 'active'],
    ['erase', 'deprovisioned', { holds: false }, 'deprovisioned'],
  ] as const)('%s is taken by a domain that is %s, and answers with the domain', async (action, state, more, next) => {
    const id = await stored(state, { ...OWNED, ...more })
    const { status, json } = await act(id, action)
    expect([status, json.id, json.state]).toEqual([202, id, next])
    expect(await eventsOf(id)).toHaveLength(1)
  })

  it.each([
    ['retry', 'active'],
    ['suspend', 'verifying'],
    ['resume', 'active'],
    ['restore', 'active'],
    ['rotate-token', 'deprovisioned'],
    ['erase', 'active'],
  ] as const)('%s is refused by a domain that is %s, in words that say so', async (action, state) => {
    const id = await stored(state)
    const { status, json } = await act(id, action)
    expect([status, json.code]).toEqual([409, 'WRONG_STATE'])
    expect(json.detail).toContain(`"${state}"`)
  })

  it.each(ACTIONS)('%s has no domain that is not there', async (action) => {
    expect((await act(newDomainId(), action)).status).toBe(404)
    expect((await act('nobody.example.com', action)).status).toBe(404)
  })

  it.each(ACTIONS)('%s takes POST alone, and no other name', async (action) => {
    const id = await stored('active')
    const got = await api.call('GET', `/v1/domains/${id}/${action}`)
    expect([got.status, got.headers['allow']]).toEqual([405, 'POST'])
    expect((await act(id, `${action}s`)).status).toBe(404)
  })

  it('is done once with an Idempotency-Key', async () => {
    const id = await stored('active')
    const rotate = () =>
      api.call('POST', `/v1/domains/${id}/rotate-token`, { headers: { 'idempotency-key': 'rotate-1' } })
    const [first, second] = [await rotate(), await rotate()]
    expect([second.text, second.headers['idempotency-replayed']]).toEqual([first.text, 'true'])
    expect(await eventsOf(id)).toHaveLength(1)
  })

  it('tells the workers', async () => {
    const id = await stored('active')
    await act(id, 'suspend')
    await soon(() => expect(api.published.map(({ domainId }) => domainId)).toEqual([id]))
  })
})

describe('a token', () => {
  const proved = (found: { checkedAt: Date }) =>
    database().pool.query(
      `update domains set state = 'active', step = 'reverify', holds = true, ownership_verified_at = now(),
       dns = jsonb_build_object('ownership', $1::jsonb)`,
      [JSON.stringify({ status: 'ok', observed: ['found'], checkedAt: found.checkedAt.toISOString() })],
    )

  it('that is rotated is asked for beside the one before, which says until when it is good', async () => {
    const { json: made } = await launch()
    await proved({ checkedAt: new Date() })
    const { json: rotated } = await act(made.id, 'rotate-token')
    const until = rotated.verification.previous.accepted_until
    expect((Date.parse(until) - Date.now()) / 86_400_000).toBeCloseTo(30, 0)
    const txt = { type: 'TXT', name: '_mooring-challenge.shop.example.com', purpose: 'ownership' }
    expect(rotated.dns.records.slice(0, 2)).toEqual([
      expect.objectContaining({ ...txt, status: 'unknown', observed: [], accepted_until: null }),
      expect.objectContaining({ ...txt, value: `token=${tokenIn(made)}`, status: 'ok', accepted_until: until }),
    ])
    expect(tokenIn(rotated)).not.toBe(tokenIn(made))

    await proved({ checkedAt: new Date(Date.now() + 60_000) })
    const { json: looked } = await api.call('GET', `/v1/domains/${made.id}`)
    const statuses = looked.dns.records.map(({ status }: { status: string }) => status)
    expect(statuses.slice(0, 2)).toEqual(['missing', 'ok'])
  })

  it('is told of by each method in its own way', async () => {
    const shown = async (method: string, hostname: string) => {
      const { json } = await launch({ hostname, verification: { method } })
      return [json.verification.http, json.dns.records.map(({ type }: { type: string }) => type)]
    }
    expect(await shown('txt', 'a.example.com')).toEqual([null, ['TXT', 'CNAME']])
    expect(await shown('cname', 'b.example.com')).toEqual([null, ['CNAME']])
    expect(await shown('http', 'c.example.com')).toEqual([
      {
        url: expect.stringMatching(/^http:\/\/c\.example\.com\/\.well-known\/mooring-challenge\/[0-9a-f]{32}$/),
        body: expect.stringMatching(/^[0-9a-f]{40}$/),
      },
      ['CNAME'],
    ])
    const { json: alone } = await launch({ hostname: 'd.example.com', verification: { routing: false } })
    expect(alone.dns.records).toHaveLength(1)
  })

  it('is in no event, no log line, and in the clear in no answer that is kept', async () => {
    const launched = await launch({}, { 'idempotency-key': 'launch-1' })
    const rotated = await api.call('POST', '/v1/domains/shop.example.com/rotate-token', {
      headers: { 'idempotency-key': 'rotate-1' },
    })
    const rows = await Promise.all(
      ['events', 'idempotency_keys'].map((table) => database().pool.query(`select * from ${table}`)),
    )
    const kept = JSON.stringify([logged, rows.map((result) => result.rows)])
    for (const { json } of [launched, rotated]) {
      expect(tokenIn(json)).toMatch(/^[0-9a-f]{40}$/)
      expect(kept).not.toContain(tokenIn(json))
    }
  })
})

describe('a consent', () => {
  it('is given to a tenant, shown with the domain, and withdrawn', async () => {
    const id = await stored('active')
    const given = await api.call('POST', `/v1/domains/${id}/consents`, { body: { tenant: 'friend' } })
    expect([given.status, given.json.consents]).toEqual([202, ['friend']])
    const withdrawn = await api.call('DELETE', `/v1/domains/${id}/consents/friend`)
    expect([withdrawn.status, withdrawn.json.consents]).toEqual([202, []])
    expect(await eventsOf(id)).toEqual(['domain.consent_withdrawn', 'domain.consent_given'])
  })

  it.each([
    [{}, 'tenant REQUIRED'],
    [{ tenant: 'a b' }, 'tenant INVALID'],
    [{ tenant: 'friend', until: 'tomorrow' }, 'until UNKNOWN_FIELD'],
    [{ tenant: 'default' }, 'tenant CONSENT_TO_ITSELF'],
  ])('of %j is refused by its field', async (body, expected) => {
    const { status, json } = await api.call('POST', `/v1/domains/${await stored('active')}/consents`, { body })
    expect([status, `${json.errors[0].path} ${json.errors[0].code}`]).toEqual([422, expected])
  })

  it('can be given by nobody who does not hold the name', async () => {
    const id = await stored('verifying', { holds: false })
    const { status, json } = await api.call('POST', `/v1/domains/${id}/consents`, { body: { tenant: 'friend' } })
    expect([status, json.code]).toEqual([409, 'WRONG_STATE'])
  })

  it('for a domain or tenant that is not there is no consent', async () => {
    const body = { tenant: 'friend' }
    expect((await api.call('POST', `/v1/domains/${newDomainId()}/consents`, { body })).status).toBe(404)
    expect((await api.call('DELETE', `/v1/domains/${newDomainId()}/consents/friend`)).status).toBe(404)
    expect((await api.call('DELETE', `/v1/domains/${await stored('active')}/consents/%20`)).status).toBe(422)
  })
})

describe('leaving', () => {
  it('may ask for the certificate to be revoked', async () => {
    const id = await stored('active')
    const { status, json } = await api.call('DELETE', `/v1/domains/${id}?revoke=true`)
    expect([status, json.state, json.revoke]).toEqual([202, 'deprovisioning', true])
  })

  it.each(['revoke=yes', 'immediate=1', 'force=true'])('takes no %s', async (query) => {
    const { status, json } = await api.call('DELETE', `/v1/domains/${await stored('active')}?${query}`)
    expect([status, json.errors[0].path]).toEqual([422, query.split('=')[0]])
  })
})
