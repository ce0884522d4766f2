import { connect } from 'node:net'
import { openDatabase } from '@mooring/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_KEY, apiUnderTest, type Call } from '../../../test/builders/api-under-test.ts'
import { aDomain } from '../../../test/builders/domain.ts'
import { startApi } from './api.ts'

// Nothing listens on port 1: what needs the database finds it away, and the rest must work all the same.
const database = openDatabase({
  url: 'postgres://nobody@127.0.0.1:1/nothing',
  log: { debug() {}, info() {}, warn() {}, error() {} },
})
const api = apiUnderTest(database)
beforeAll(() => api.app.ready())
afterAll(async () => {
  await api.app.close()
  await database.close()
})

const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})

function expectProblem(answer: Awaited<ReturnType<typeof api.call>>, status: number, code: string): void {
  expect([answer.status, answer.json?.code]).toEqual([status, code])
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
  expect(answer.json).toMatchObject({
    type: `urn:mooring:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: expect.stringMatching(/\w+/),
    status,
    detail: expect.stringMatching(/\w+/),
    request_id: answer.headers['x-request-id'],
  })
}

describe('every error is a problem document', () => {
  const launch: Call = { body: { hostname: 'shop.example.com', target: { type: 'none' } } }
  it.each<[string, number, string, 'GET' | 'POST' | 'PUT', string, Call]>([
    ['JSON that is not', 400, 'BAD_REQUEST', 'POST', '/v1/domains', { text: '{"hostname": ' }],
    ['JSON that reaches for a prototype', 400, 'BAD_REQUEST', 'POST', '/v1/domains', { text: '{"__proto__": {}}' }],
    ['a path that is not percent-encoding', 400, 'BAD_REQUEST', 'GET', '/v1/domains/%E0%A4%A', {}],
    ['no key', 401, 'UNAUTHORIZED', 'GET', '/v1/domains', { key: null }],
    ['a wrong key', 401, 'UNAUTHORIZED', 'GET', '/v1/domains', { key: `${ADMIN_KEY}x` }],
    ['an empty key', 401, 'UNAUTHORIZED', 'GET', '/v1/domains', { headers: { authorization: 'Bearer ' } }],
    ['another scheme', 401, 'UNAUTHORIZED', 'GET', '/v1/domains', { headers: { authorization: 'Digest a=b' } }],
    ['Basic without a password', 401, 'UNAUTHORIZED', 'GET', '/v1/domains', { headers: basic(ADMIN_KEY, '') }],
    ['the admin key on the edge feed', 403, 'FORBIDDEN', 'GET', '/v1/edges/self/routes', {}],
    ['an unknown address', 404, 'NOT_FOUND', 'GET', '/v1/ships', {}],
    ['an unknown address above', 404, 'NOT_FOUND', 'GET', '/favicon.ico', { key: null }],
    ['a path that is too long', 404, 'NOT_FOUND', 'GET', `/v1/domains/${'a'.repeat(2000)}`, {}],
    ['a method that is not taken', 405, 'METHOD_NOT_ALLOWED', 'PUT', '/v1/domains/shop.example.com', launch],
    ['over 1 MB', 413, 'PAYLOAD_TOO_LARGE', 'POST', '/v1/domains', { text: `"${'x'.repeat(1_048_576)}"` }],
    [
      'a form',
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      'POST',
      '/v1/domains',
      { text: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ],
    [
      'plain text',
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      'POST',
      '/v1/domains',
      { text: '{}', headers: { 'content-type': 'text/plain' } },
    ],
    ['a body that is not valid', 422, 'INVALID', 'POST', '/v1/domains', { body: {} }],
    ['the database away', 503, 'DATABASE_UNAVAILABLE', 'POST', '/v1/domains', launch],
    [
      'the database away, with a key',
      503,
      'DATABASE_UNAVAILABLE',
      'POST',
      '/v1/domains',
      {
        ...launch,
        headers: { 'idempotency-key': 'k' },
      },
    ],
    [
      'the database away, for an edge',
      503,
      'DATABASE_UNAVAILABLE',
      'GET',
      '/v1/edges/self/routes',
      {
        key: `moor_edge_${'A'.repeat(43)}`,
      },
    ],
    ['not ready', 503, 'DATABASE_UNAVAILABLE', 'GET', '/readyz', { key: null }],
  ])('%s: %i %s', async (_what, status, code, method, url, call) => {
    expectProblem(await api.call(method, url, call), status, code)
  })

  it('with the headers that its status asks for', async () => {
    const { headers } = await api.call('GET', '/v1/domains', { key: null })
    expect(headers['www-authenticate']).toMatch(/^Bearer .*Basic /)
    expect((await api.call('PUT', '/v1/domains/x.example.com')).headers['allow']).toBe('DELETE, GET, HEAD, PATCH')
    expect((await api.call('POST', '/v1/domains', { body: launch.body })).headers['retry-after']).toBe('5')
  })

  it('and a fault of ours says nothing of its cause', async () => {
    const broken = apiUnderTest(database, {
      registry: {
        ...api.dependencies.registry,
        find: () => Promise.reject(new Error('password of the database is hunter2')),
      },
    })
    const answer = await broken.call('GET', '/v1/domains/shop.example.com')
    expectProblem(answer, 500, 'INTERNAL')
    expect(answer.text).not.toContain('hunter2')
  })
})

describe('a connection', () => {
  it.each([
    ['not HTTP', 'HELLO\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    ['headers beyond 16 kB', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('that brings %s is answered with a problem document, too', async (_what, bytes, status) => {
    const server = await startApi({ ...api.dependencies, host: '127.0.0.1', port: 0 })
    const text = await exchange(Number(new URL(server.url).port), bytes)
    await server.stop()
    const [head = '', body = ''] = text.split('\r\n\r\n')
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(head).toContain('content-type: application/problem+json')
    expect(JSON.parse(body)).toMatchObject({ status, code: 'BAD_REQUEST', request_id: expect.any(String) })
  })
})

describe('a stop', () => {
  it('lets a launch that is under way be answered first', async () => {
    const entered = Promise.withResolvers<void>()
    const commits = Promise.withResolvers<void>()
    const server = await startApi({
      ...api.dependencies,
      registry: {
        ...api.dependencies.registry,
        async create() {
          entered.resolve()
          await commits.promise
          return { kind: 'created', domain: aDomain() }
        },
      },
      audit: { recorded: (_change, work) => work(), write: async () => {} },
      host: '127.0.0.1',
      port: 0,
    })
    const launch = fetch(`${server.url}/v1/domains`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ hostname: 'shop.example.com', target: { type: 'none' } }),
    })
    await entered.promise
    const stopped = server.stop()
    commits.resolve()
    expect((await launch).status).toBe(202)
    await stopped
  })
})

function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk) => (text += chunk.toString()))
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })
}

describe('the admin key', () => {
  // 422 comes after the key is accepted, and before the database is asked.
  it.each([
    ['as Bearer', { authorization: `Bearer ${ADMIN_KEY}` }],
    ['as bearer, spelled low', { authorization: `bearer ${ADMIN_KEY}` }],
    ['as the Basic password of any user', basic('ops', ADMIN_KEY)],
    ['as the Basic password of nobody', basic('', ADMIN_KEY)],
  ])('is taken %s', async (_how, headers) => {
    expect((await api.call('GET', '/v1/domains?limit=0', { key: null, headers })).status).toBe(422)
  })
})

describe('without a key', () => {
  it('health is told, with the broker shown', async () => {
    expect(await api.call('GET', '/healthz', { key: null })).toMatchObject({ status: 200, json: { status: 'ok' } })
    const answering = apiUnderTest(database, { ping: async () => {} })
    answering.broker.isUp = false
    const ready = await answering.call('GET', '/readyz', { key: null })
    expect([ready.status, ready.json]).toMatchObject([
      200,
      {
        status: 'ok',
        checks: {
          database: { ok: true, required: true, found: 'answers' },
          broker: { ok: false, required: false, since: expect.stringMatching(/^\d{4}-/) },
        },
      },
    ])
  })
})
