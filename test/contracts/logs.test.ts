import { createLogger } from '@mooring/runtime'
import { describe, expect, it } from 'vitest'
import { ADMIN_KEY, apiUnderTest } from '../builders/api-under-test.ts'
import { usePostgres } from '../services/test-database.ts'

const { database } = usePostgres()

function apiWithLog() {
  const lines: string[] = []
  const log = createLogger({ name: 'api', level: 'trace', destination: { write: (line) => void lines.push(line) } })
  return { ...apiUnderTest(database(), { log }), lines }
}

describe('the API’s log', () => {
  it('is one JSON object a line: a static message, and the facts as fields', async () => {
    const { call, lines } = apiWithLog()
    const { headers } = await call('GET', '/v1/domains/nobody.example.com')
    const told = lines.map((line) => JSON.parse(line))
    expect(told).toContainEqual(
      expect.objectContaining({
        msg: 'answered',
        method: 'GET',
        path: '/v1/domains/nobody.example.com',
        status: 404,
        ms: expect.any(Number),
        requestId: headers['x-request-id'],
      }),
    )
  })

  it.each([
    ['in the query', `/v1/domains?key=${ADMIN_KEY}`, {}],
    ['in the query of an unknown address', `/nowhere?token=${ADMIN_KEY}`, {}],
    ['in a header of its own', '/v1/domains', { 'x-api-key': ADMIN_KEY }],
    ['in a cookie', '/v1/domains', { cookie: `session=${ADMIN_KEY}` }],
    ['as the password of Basic', '/v1/domains', { authorization: `Basic ${btoa(`me:${ADMIN_KEY}`)}` }],
  ])('has no key that came %s, whatever becomes of the request', async (_where, path, headers) => {
    const { call, lines } = apiWithLog()
    await call('GET', path, { headers, ...('authorization' in headers ? { key: null } : {}) })
    await call('GET', path, { headers, key: `${ADMIN_KEY}-which-is-wrong` })
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.join('')).not.toContain(ADMIN_KEY)
    expect(lines.join('')).not.toContain(btoa(`me:${ADMIN_KEY}`))
  })

  it('has no key when the database is away and the error is told', async () => {
    const lines: string[] = []
    const log = createLogger({ name: 'api', level: 'trace', destination: { write: (line) => void lines.push(line) } })
    const away = apiUnderTest(database(), { log })
    await database().close()
    expect((await away.call('GET', `/v1/domains?q=a`)).status).toBeGreaterThanOrEqual(500)
    expect(lines.join('')).not.toContain(ADMIN_KEY)
  })
})

it('a launch’s first event has the id of the request that asked for it', async () => {
  const { call } = apiWithLog()
  const launched = await call('POST', '/v1/domains', {
    body: { hostname: 'shop.example.com', target: { type: 'none' } },
  })
  const events = await call('GET', `/v1/domains/${launched.json.id}/events`)
  expect(events.json.data.at(-1)).toMatchObject({
    type: 'domain.created',
    data: { request_id: launched.headers['x-request-id'] },
  })
})
