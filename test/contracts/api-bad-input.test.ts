import { beforeEach, describe, expect, it } from 'vitest'
import { ADMIN_KEY, apiUnderTest } from '../builders/api-under-test.ts'
import { storeDomainIn } from '../builders/domain-in-state.ts'
import { stateOfAll } from '../builders/state-of-all.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()
let api: ReturnType<typeof apiUnderTest>
beforeEach(() => {
  api = apiUnderTest(database())
})

interface Parameter {
  name: string
  in: string
  schema: { type?: string; enum?: unknown }
}

const HOSTILE = [
  `'`,
  `"`,
  `%`,
  `_`,
  `\\`,
  `' or '1'='1`,
  `'; drop table domains; --`,
  `$1`,
  `{{7*7}}`,
  `<script>`,
  '🦊',
  '👩‍👩‍👧',
  '\u202eevil',
  '\ud83d',
  `\0`,
  '\r\nset-cookie: a=b',
  'x'.repeat(5000),
]

describe('a filter', () => {
  it('of any list may be quotes, percent signs or emoji: it finds nothing, or is refused by its name', async () => {
    for (const state of ['failed', 'active', 'verifying'] as const) await storeDomainIn(database(), state)
    const { json } = await api.call('GET', '/openapi.json', { key: null })
    const lists = Object.entries<{ get?: { parameters?: Parameter[] } }>(json.paths).flatMap(([path, { get }]) =>
      /^\/v1\/[a-z-]+$/.test(path) && path !== '/v1/events'
        ? [{ path, texts: (get?.parameters ?? []).filter((one) => one.in === 'query').map(({ name }) => name) }]
        : [],
    )
    expect(lists.filter(({ texts }) => texts.length > 0).length).toBeGreaterThan(6)
    for (const { path, texts } of lists) {
      for (const name of texts) {
        for (const text of HOSTILE) {
          const what = `${path}?${name}=${text.slice(0, 40)}`
          const { status, json: answer } = await api.call(
            'GET',
            `${path}?${String(new URLSearchParams({ [name]: text }))}`,
          )
          expect([200, 422], what).toContain(status)
          if (status === 200) expect([what, answer.data]).toEqual([what, []])
          else expect([what, answer.errors[0].path]).toEqual([what, name])
        }
      }
    }
    expect((await api.call('GET', '/v1/domains')).json.data).toHaveLength(3)
  })
})

/** A browser that is signed in: its cookie goes along with whatever a page makes it send. */
async function aBrowser() {
  const { headers } = await api.call('POST', '/v1/session', { key: null, body: { key: ADMIN_KEY } })
  return String(headers['set-cookie']).split(';')[0] as string
}

const refusals = async () =>
  (await api.call('GET', '/v1/audit')).json.data.filter(({ outcome }: { outcome: string }) => outcome === 'refused')

describe('a page of elsewhere', () => {
  it.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x'])(
    'that posts a form of the type %s changes nothing, and is on record',
    async (type) => {
      const id = await storeDomainIn(database(), 'active', { ownershipVerifiedAt: new Date() })
      const cookie = await aBrowser()
      const before = await stateOfAll(database())
      const urls = [`/v1/domains/${id}/suspend`, '/v1/domains:bulk-actions', '/v1/keys']
      for (const url of urls) {
        const payload = '{"action":"suspend","filter":{"state":"active"},"name":"x","role":"admin"}'
        const { statusCode } = await api.app.inject({
          method: 'POST',
          url,
          headers: { cookie, origin: 'https://evil.example.com', 'sec-fetch-site': 'cross-site', 'content-type': type },
          payload,
        })
        expect([url, statusCode]).toEqual([url, 403])
      }
      expect(await stateOfAll(database())).toBe(before)
      await expect.poll(refusals).toHaveLength(urls.length)
    },
  )

  it.each([
    ['of a sibling domain, as its browser says', { 'sec-fetch-site': 'same-site' }],
    [
      'of a sibling domain, by its origin',
      { origin: 'https://sibling.platform.example', host: 'mooring.platform.example' },
    ],
    ['that hides where it is', { origin: 'null', host: 'mooring.platform.example' }],
  ])('%s has the cookie and changes nothing, which is on record', async (_which, headers) => {
    const id = await storeDomainIn(database(), 'active', { ownershipVerifiedAt: new Date() })
    const cookie = await aBrowser()
    const before = await stateOfAll(database())
    const answer = await api.call('POST', `/v1/domains/${id}/suspend`, { key: null, headers: { cookie, ...headers } })
    expect([answer.status, answer.json.code]).toEqual([403, 'ORIGIN_REFUSED'])
    expect(await stateOfAll(database())).toBe(before)
    await expect.poll(refusals).toMatchObject([{ action: 'domains.suspend', subject: id, actor: { kind: 'unknown' } }])
  })
})

describe('a webhook', () => {
  it.each([
    'https://127.0.0.1/',
    'https://10.0.0.1/hook',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://0x7f.1/',
    'https://2130706433/',
    'http://8.8.8.8/',
    'file:///etc/passwd',
    'https://user:secret@8.8.8.8/',
  ])('is not made for %s, and not changed to it', async (url) => {
    const made = await api.call('POST', '/v1/webhooks', { body: { url: 'https://8.8.8.8/hook' } })
    const before = await stateOfAll(database())
    for (const { status, json } of [
      await api.call('POST', '/v1/webhooks', { body: { url } }),
      await api.call('PATCH', `/v1/webhooks/${made.json.id}`, { body: { url } }),
    ]) {
      expect([status, json.errors[0].path]).toEqual([422, 'url'])
    }
    expect(await stateOfAll(database())).toBe(before)
  })
})

describe('a thousand rows, half of them wrong', () => {
  it('leave one row in the audit, with the domains that were launched and no others', async () => {
    const body = Array.from({ length: 1000 }, (_, n) => ({
      hostname: n % 2 === 0 ? `shop-${n}.example.com` : [`'; drop table domains; --`, '%', '🦊', ''][n % 4],
      target: { type: 'none' },
    }))
    const { json } = await api.call('POST', '/v1/domains:bulk', { body })
    expect([json.accepted, json.refused]).toEqual([500, 500])
    const rows = (await api.call('GET', '/v1/audit')).json.data
    expect(rows).toMatchObject([{ action: 'domains.bulk', outcome: 'done' }])
    const told = rows[0].after.domains.map(({ id }: { id: string }) => id)
    const launched = json.rows.flatMap(({ status, id }: { status: number; id: string }) => (status === 202 ? [id] : []))
    expect(told.toSorted()).toEqual(launched.toSorted())
  })
})
