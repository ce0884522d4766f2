import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Collector, type ReceivedSpan, startCollector } from '../services/collector.ts'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const CALLER = '00f067aa0ba902b7'
const LOGGED = new RegExp(`"trace_id":"${TRACE}"`)

interface Attempt {
  step: string
  outcome: string
  trace_id: string | null
}

describe('a fleet that traces', () => {
  let collector: Collector
  let fleet: Fleet
  beforeAll(async () => {
    collector = await startCollector()
    fleet = await startFleet({
      env: {
        MOORING_OTLP_URL: collector.url,
        MOORING_OTLP_HEADERS: 'x-tenant=platform, authorization=Bearer the-collectors-key',
        MOORING_TRACE_URL: 'https://tempo.example/trace/{trace_id}',
      },
    })
  })
  afterAll(async () => {
    await fleet?.stop()
    await collector?.stop()
  })

  const ofTrace = (id: string) => collector.spans().filter(({ traceId }) => traceId === id)
  const called = (spans: ReceivedSpan[], name: string) => spans.filter((span) => span.name === name)
  const attemptsOf = async (id: string): Promise<Attempt[]> =>
    (await fleet.call('GET', `/v1/domains/${id}/attempts?limit=100`)).body.data

  it('shows a launch as one trace, from the caller’s span over API, worker and CA to each edge', async () => {
    const hostname = 'traced.first-customer.com'
    const headers = { traceparent: `00-${TRACE}-${CALLER}-01` }
    const target = { type: 'proxy', url: fleet.site.url }
    const posted = await fleet.call('POST', '/v1/domains', { hostname, target }, headers)
    const { id } = posted.body
    await eventually('the first request has done what it could', async () => {
      const { reason } = await fleet.domain(id)
      return reason?.code === 'DNS_TXT_MISSING'
    })
    await fleet.addRecords(posted.body)
    await fleet.call('POST', `/v1/domains/${id}/check`, undefined, headers)
    await fleet.reaches(id, 'active', 90_000)

    const spans = await eventually('the last step is told', () => {
      const told = ofTrace(TRACE)
      const wanted = called(told, 'step confirm_route').some(({ facts }) => facts['mooring.outcome'] === 'done')
      return wanted && called(told, 'edge apply').length >= 2 ? told : null
    })
    const [root] = called(spans, 'POST /v1/domains')
    expect(root).toMatchObject({ service: 'mooring-api', parentSpanId: CALLER })
    expect(root?.facts).toMatchObject({ 'http.route': '/v1/domains', 'http.response.status_code': 202 })

    // What came then is a part of the request that asked for it last.
    const [check] = called(spans, 'POST /v1/domains/:id/check')
    expect(check).toMatchObject({ service: 'mooring-api', parentSpanId: CALLER })
    const requests = [root?.spanId, check?.spanId]

    const published = called(spans, 'publish hints')
    expect(published.length).toBeGreaterThan(0)
    expect(published.every(({ parentSpanId }) => requests.includes(String(parentSpanId)))).toBe(true)

    const steps = spans.filter(({ name }) => name.startsWith('step '))
    expect(steps.map(({ service }) => service)).toEqual(steps.map(() => 'mooring-worker'))
    expect(steps.every(({ parentSpanId }) => requests.includes(String(parentSpanId)))).toBe(true)
    expect(called(steps, 'step accept')[0]?.parentSpanId).toBe(root?.spanId)
    const [order] = called(spans, 'step order_certificate')
    expect(order?.parentSpanId).toBe(check?.spanId)
    expect(order?.facts).toMatchObject({
      'mooring.domain.id': id,
      'mooring.step': 'order_certificate',
      'mooring.outcome': 'done',
      'mooring.attempt': 1,
    })
    expect(order?.facts['mooring.worker']).toMatch(/^worker-\d$/)

    const [newOrder] = called(spans, 'acme newOrder')
    expect(newOrder).toMatchObject({ service: 'mooring-worker', parentSpanId: order?.spanId })
    expect(newOrder?.facts).toMatchObject({ 'http.request.method': 'POST', 'http.response.status_code': 201 })
    const stepIds = new Set(steps.map(({ spanId }) => spanId))
    const asked = spans.filter(({ name }) => name.startsWith('acme '))
    expect(asked.filter(({ parentSpanId }) => !stepIds.has(String(parentSpanId)))).toEqual([])
    expect(asked.map(({ name }) => name)).toEqual(expect.arrayContaining(['acme challenge', 'acme finalize']))

    const applied = called(spans, 'edge apply')
    expect(new Set(applied.map(({ facts }) => facts['mooring.edge']))).toEqual(new Set(['edge-1', 'edge-2']))
    expect(applied.every(({ parentSpanId }) => parentSpanId === check?.spanId)).toBe(true)
    expect(applied.filter(({ facts }) => facts['mooring.outcome'] === 'served').length).toBeGreaterThanOrEqual(2)

    const attempts = await attemptsOf(id)
    expect(new Set(attempts.map(({ trace_id }) => trace_id))).toEqual(new Set([TRACE]))
    const session = await fleet.call('GET', '/v1/session')
    expect(session.body.trace_url).toBe('https://tempo.example/trace/{trace_id}')
    expect(collector.headers()[0]).toMatchObject({ 'x-tenant': 'platform', authorization: 'Bearer the-collectors-key' })
  })

  it('ends the trace when the domain rests, and begins another for what is asked then', async () => {
    const { body: domain } = await fleet.call('GET', '/v1/domains/traced.first-customer.com')
    expect(await fleet.count(`select count(*) from domain_traces where domain_id = '${domain.id}'`)).toBe(0)
    const caller = 'c'.repeat(32)
    const answer = await fleet.call('POST', `/v1/domains/${domain.id}/check`, undefined, {
      traceparent: `00-${caller}-${CALLER}-01`,
    })
    expect(answer.status).toBe(202)
    const steps = await eventually('the proof is looked for', () => {
      const told = ofTrace(caller).filter(({ name }) => name === 'step reverify')
      return told.length > 0 ? told : null
    })
    expect(steps[0]?.facts).toMatchObject({ 'mooring.outcome': 'done' })
    expect((await attemptsOf(domain.id))[0]).toMatchObject({ step: 'reverify', trace_id: caller })
  })

  it('takes no part in a trace that is not to be told, and begins one where the caller’s is malformed', async () => {
    const silent = 'd'.repeat(32)
    const untold = await fleet.post('untold.first-customer.com')
    await fleet.call('POST', `/v1/domains/${untold.id}/check`, undefined, { traceparent: `00-${silent}-${CALLER}-00` })
    await fleet.call('POST', `/v1/domains/${untold.id}/check`, undefined, { traceparent: `00-${silent}-zero-01` })
    const begun = await eventually('the second request is told', () => {
      const checks = called(collector.spans(), 'POST /v1/domains/:id/check')
      return checks.find(({ parentSpanId }) => parentSpanId === null)
    })
    expect(begun.traceId).not.toBe(silent)
    expect(ofTrace(silent)).toEqual([])
  })

  it('tells nothing of strangers, whatever trace they bring', async () => {
    const theirs = 'e'.repeat(32)
    const headers = {
      authorization: 'Bearer no-key-of-ours-at-all-000000000000',
      traceparent: `00-${theirs}-${CALLER}-01`,
    }
    expect((await fetch(`${fleet.apiUrl}/v1/domains`, { headers })).status).toBe(401)
    await fleet.call('GET', '/v1/domains?limit=1', undefined, { traceparent: `00-${'f'.repeat(32)}-${CALLER}-01` })
    await eventually('what came after it is told', () => ofTrace('f'.repeat(32)).length > 0)
    expect(ofTrace(theirs)).toEqual([])
  })

  it('names the trace in the log lines of its steps', () => {
    const lines = [fleet.api, ...fleet.workers].flatMap((role) => role.log().split('\n'))
    expect(lines.some((line) => LOGGED.test(line))).toBe(true)
  })
})

describe('a fleet whose collector hangs', () => {
  it('launches as ever, and stops in time', async () => {
    const collector = await startCollector({ hangs: true })
    const fleet = await startFleet({ workers: 1, edges: 1, env: { MOORING_OTLP_URL: collector.url } })
    try {
      await fleet.launch('patient.first-customer.com')
      await eventually('the worker says what is wrong', () =>
        Boolean(fleet.workers[0]?.log().includes('the collector takes no traces')),
      )
      const startedAt = performance.now()
      const codes = await Promise.all([...fleet.workers, fleet.api].map((role) => role.stop()))
      expect(codes).toEqual([0, 0])
      expect(performance.now() - startedAt).toBeLessThan(9_000)
    } finally {
      await fleet.stop()
      await collector.stop()
    }
  })
})

describe('a fleet that does not trace', () => {
  it('keeps no trace, whoever brings one', async () => {
    const fleet = await startFleet({ workers: 1, edges: 1 })
    try {
      const target = { type: 'proxy', url: fleet.site.url }
      const headers = { traceparent: `00-${TRACE}-${CALLER}-01` }
      const { body } = await fleet.call(
        'POST',
        '/v1/domains',
        { hostname: 'plain.first-customer.com', target },
        headers,
      )
      await fleet.addRecords(body)
      await fleet.call('POST', `/v1/domains/${body.id}/check`, undefined, headers)
      await fleet.reaches(body.id, 'active')
      expect(await fleet.count('select count(*) from domain_traces')).toBe(0)
      expect(await fleet.count('select count(trace_id) from attempts')).toBe(0)
      expect((await fleet.call('GET', '/v1/session')).body).not.toHaveProperty('trace_url')
      expect([fleet.api, ...fleet.workers].some((role) => role.log().includes('trace_id'))).toBe(false)
    } finally {
      await fleet.stop()
    }
  })
})
