import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Client, createClient } from './create-client.ts'
import { NoAnswerError, ProblemError } from './errors.ts'
import { StateError } from './wait-for-state.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

// A real server that answers as the test says, one answer after the other; the last one goes on.
let server: Server
let client: Client
let baseUrl: string
let seen: { line: string; headers: IncomingMessage['headers'] }[]
let script: (answers: Answer[]) => void
beforeEach(async () => {
  let left: Answer[] = []
  seen = []
  script = (answers) => {
    left = answers
  }
  server = createServer((request, response) => {
    seen.push({ line: `${request.method} ${request.url}`, headers: request.headers })
    const answer = left.length > 1 ? left.shift() : left[0]
    answer?.(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  baseUrl = `http://127.0.0.1:${port}`
  client = createClient({ baseUrl, apiKey: 'k', retry: { baseMs: 1 } })
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }
const problem = (status: number, code: string, headers?: Record<string, string>) =>
  json(status, { type: 'about:blank', title: code, status, code, detail: `${code}.` }, headers)
const cut: Answer = (request) => request.socket.destroy()
const nothing: Answer = () => {}
const inState = (state: string, more = {}) =>
  json(200, { id: 'dom_1', hostname: 'a.example', state, reason: null, ...more })
const keysSent = () => new Set(seen.map(({ headers }) => headers['idempotency-key']))
const body = { hostname: 'a.example', target: { type: 'none' as const } }

describe('a call', () => {
  it('puts its parts where they belong, and nothing where nothing was given', async () => {
    script([json(200, { data: [], next_cursor: null })])
    await client.call('GET /v1/domains', { query: { q: '50 % ü', state: undefined } })
    await client.call('GET /v1/domains/{id}', { path: { id: '../keys?x' } })
    expect(seen.map(({ line }) => line)).toEqual(['GET /v1/domains?q=50+%25+%C3%BC', 'GET /v1/domains/..%2Fkeys%3Fx'])
    expect(seen[0]?.headers.authorization).toBe('Bearer k')
  })

  it('is refused with every complaint, and is not made again', async () => {
    const errors = [{ path: 'target.url', code: 'X', message: 'Not there.' }]
    script([json(422, { status: 422, code: 'INVALID', title: 'No', detail: 'Fields are wrong.', errors })])
    const error = await client.launch(body).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ProblemError)
    expect(error).toMatchObject({ code: 'INVALID', errors, message: 'Fields are wrong.\n  target.url: Not there.' })
    expect(seen).toHaveLength(1)
  })

  it('that changes something is made again under the same key, whatever came of the first', async () => {
    script([
      cut,
      problem(503, 'DATABASE_UNAVAILABLE'),
      problem(409, 'IDEMPOTENCY_IN_FLIGHT'),
      json(202, { id: 'dom_1' }),
    ])
    expect(await client.launch(body)).toEqual({ id: 'dom_1' })
    expect(seen).toHaveLength(4)
    expect(keysSent().size).toBe(1)
    await client.launch(body)
    expect(keysSent().size).toBe(2)
  })

  it('waits as long as the server wants it to, and not for one that wants too much', async () => {
    script([problem(429, 'RATE_LIMITED', { 'retry-after': '1' }), json(200, { id: 'dom_1' })])
    const start = performance.now()
    await client.call('GET /v1/domains/{id}', { path: { id: 'x' } })
    expect(performance.now() - start).toBeGreaterThan(990)
    script([problem(429, 'RATE_LIMITED', { 'retry-after': '3600' })])
    await expect(client.call('GET /v1/keys')).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 3_600_000 })
    expect(seen).toHaveLength(3)
  })

  it('without a key of its own is not made again when it may have been done', async () => {
    const change = () => client.call('PATCH /v1/domains/{id}', { path: { id: 'x' }, body: {} })
    for (const answer of [cut, problem(503, 'DATABASE_UNAVAILABLE')]) {
      seen = []
      script([answer])
      await expect(change()).rejects.toThrow()
      expect(seen).toHaveLength(1)
    }
    script([problem(429, 'RATE_LIMITED'), json(202, {})])
    await change()
  })

  it('ends when nobody answers, and says who did not', async () => {
    script([nothing])
    const impatient = createClient({ baseUrl, apiKey: 'k', timeoutMs: 300, retry: { baseMs: 1 } })
    const error = await impatient.call('GET /v1/keys').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(NoAnswerError)
    expect(error).toMatchObject({
      silence: 'timeout',
      message: expect.stringContaining('does not answer within 0.3 s'),
    })
    expect(seen).toHaveLength(4)
  })

  it.each([
    ['a page', (_: IncomingMessage, response: ServerResponse) => void response.end('<html>')],
    [
      'a redirect',
      (_: IncomingMessage, response: ServerResponse) => void response.writeHead(302, { location: '/' }).end(),
    ],
    ['another kind of error', json(404, { message: 'no Route matched' })],
  ])('answered with %s is none of Mooring’s', async (_, answer) => {
    script([answer])
    await expect(client.call('GET /v1/keys')).rejects.toBeInstanceOf(NoAnswerError)
  })

  it('ends at once when its caller wants it to', async () => {
    script([nothing])
    const reason = new Error('enough')
    const call = client.call('GET /v1/keys', { signal: AbortSignal.timeout(20) })
    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' })
    await expect(client.call('GET /v1/keys', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

it('a list is read to its end, a page at a time', async () => {
  script([
    json(200, { data: [{ id: 'a' }], next_cursor: 'c/1' }),
    json(200, { data: [{ id: 'b' }], next_cursor: null }),
  ])
  const ids = []
  for await (const { id } of client.items('GET /v1/domains', { query: { tenant: 'acme' } })) ids.push(id)
  expect(ids).toEqual(['a', 'b'])
  expect(seen.at(-1)?.line).toBe('GET /v1/domains?tenant=acme&cursor=c%2F1')
})

describe('a domain that is waited for', () => {
  /** The server has no stream of events; of the answers to anything else, the last one goes on. */
  function scriptWithoutStream(answers: Answer[]) {
    script([
      (request, response) => {
        if (request.url?.startsWith('/v1/events') === true) return problem(404, 'NOT_FOUND')(request, response)
        const answer = answers.length > 1 ? answers.shift() : answers[0]
        answer?.(request, response)
      },
    ])
  }

  /** The server has a stream of events: `tell` writes to it. */
  function scriptStream(states: string[]) {
    const streams: ServerResponse[] = []
    script([
      (request, response) => {
        if (request.url?.startsWith('/v1/events') === true) {
          response.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 7\n\n')
          streams.push(response)
          return
        }
        const state = states.length > 1 ? states.shift() : states[0]
        inState(String(state))(request, response)
      },
    ])
    return { streams, tell: () => streams.at(-1)?.write('id: 8\nevent: x\ndata: {"type":"x"}\n\n') }
  }

  it('is found by asking again and again where no events are sent', async () => {
    scriptWithoutStream(['pending', 'verifying', 'active'].map((state) => inState(state)))
    const domain = await client.waitForState('a.example', ['active'], { pollMs: 5 })
    expect(domain.state).toBe('active')
  })

  it('is found by an event, long before it would be asked for again', async () => {
    const { streams, tell } = scriptStream(['pending', 'pending', 'active'])
    const found = client.waitForState('a.example', ['active'], { timeoutMs: 5_000 })
    await expect.poll(() => streams.length).toBe(1)
    await expect.poll(() => seen.filter(({ line }) => line.includes('/domains/')).length).toBe(2)
    tell()
    expect((await found).state).toBe('active')
  })

  it('is followed on where the stream broke', async () => {
    const { streams } = scriptStream(['pending'])
    const found = client.waitForState('a.example', ['active'], { timeoutMs: 2_000 }).catch(() => null)
    await expect.poll(() => streams.length).toBe(1)
    streams[0]?.destroy()
    await expect.poll(() => streams.length).toBe(2)
    expect(seen.findLast(({ line }) => line.includes('/events'))?.headers['last-event-id']).toBe('7')
    streams[1]?.destroy()
    await found
  })

  it('is waited for while its server is busy, away and back again', async () => {
    const { port } = server.address() as AddressInfo
    let failures = 0
    const counting: typeof fetch = (...call) =>
      fetch(...call).catch((error: unknown) => {
        failures++
        throw error
      })
    const retry = { baseMs: 1, attempts: 2 }
    const waiting = createClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: 'k', retry, fetch: counting })
    const busy = problem(503, 'DATABASE_UNAVAILABLE', { 'retry-after': '0' })
    const limited = problem(429, 'RATE_LIMITED', { 'retry-after': '0' })
    const stop: Answer = () => {
      server.close()
      server.closeAllConnections()
    }
    scriptWithoutStream([busy, busy, busy, inState('pending'), busy, busy, busy, limited, stop])
    const found = waiting.waitForState('a.example', ['active'], { pollMs: 5, timeoutMs: 20_000 })
    await expect.poll(() => failures, { timeout: 8_000 }).toBeGreaterThan(4)
    script([inState('active')])
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    expect((await found).state).toBe('active')
  })

  it('is not waited for longer than a server may be away', async () => {
    scriptWithoutStream([inState('pending'), problem(503, 'DATABASE_UNAVAILABLE')])
    const waiting = client.waitForState('a.example', ['active'], { pollMs: 5, patienceMs: 0 })
    await expect(waiting).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
  })

  it('comes back from a suspension that was ended, although it is still suspended', async () => {
    scriptWithoutStream([inState('suspended'), inState('active')])
    expect((await client.waitForState('a.example', ['active'], { pollMs: 5 })).state).toBe('active')
    script([inState('suspended', { reason: { code: 'SUSPENDED_BY_OPERATOR', message: 'Held.', actor: 'operator' } })])
    await expect(client.waitForState('a.example', ['active'])).rejects.toMatchObject({ isTimeout: false })
  })

  it('ends with what is wrong when it comes to rest elsewhere, or in time to nothing', async () => {
    script([inState('failed', { reason: { code: 'X', message: 'No record.', actor: 'customer' } })])
    const failed = await client.waitForState('a.example', ['active']).catch((thrown: unknown) => thrown)
    expect(failed).toBeInstanceOf(StateError)
    expect(failed).toMatchObject({ isTimeout: false, message: 'a.example is failed: No record.' })
    scriptStream(['verifying'])
    const late = await client
      .waitForState('a.example', ['active'], { timeoutMs: 50 })
      .catch((thrown: unknown) => thrown)
    expect(late).toMatchObject({ isTimeout: true, message: 'a.example is still verifying' })
  })
})
