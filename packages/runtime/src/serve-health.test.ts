import { afterEach, expect, test } from 'vitest'
import { createMeter } from './metrics/meter.ts'
import { createReadiness } from './readiness.ts'
import { type HealthOptions, serveHealth } from './serve-health.ts'

const open: Awaited<ReturnType<typeof serveHealth>>[] = []
afterEach(async () => {
  for (const health of open.splice(0)) await health.close()
})

async function serve(more: Partial<HealthOptions> = {}) {
  const readiness = createReadiness({})
  const health = await serveHealth({ host: '127.0.0.1', port: 0, readiness, meter: createMeter(), ...more })
  open.push(health)
  return {
    port: health.port,
    ask: (path: string, headers: Record<string, string> = {}) =>
      fetch(`http://127.0.0.1:${health.port}${path}`, { headers }),
  }
}

test('a process is alive from the start, and ready when every check that is required says so', async () => {
  let isUp = false
  const readiness = createReadiness({
    database: { weight: 'required', look: () => ({ ok: isUp, found: isUp ? 'answers' : 'does not answer' }) },
    broker: { weight: 'fact', look: () => ({ ok: false, found: 'not connected' }) },
  })
  const { ask } = await serve({ readiness })
  const status = async (path: string) => (await ask(path)).status
  expect([await status('/healthz'), await status('/readyz'), await status('/other')]).toEqual([200, 503, 404])
  isUp = true
  const ready = await ask('/readyz')
  expect([ready.status, await ready.json()]).toMatchObject([
    200,
    { status: 'ok', checks: { database: { ok: true, found: 'answers' }, broker: { ok: false, required: false } } },
  ])
})

test('a check says since when it has been so, and one that hangs or throws was not passed', async () => {
  let ok = true
  const readiness = createReadiness({
    steady: { weight: 'required', look: () => ({ ok, found: 'it' }) },
    broken: { weight: 'fact', look: () => Promise.reject(new Error('postgres://user:s3cret@host')) },
  })
  const first = (await readiness()).checks['steady']?.since
  expect((await readiness()).checks['steady']?.since).toBe(first)
  ok = false
  const later = await readiness()
  expect(new Date(String(later.checks['steady']?.since)).getTime()).toBeGreaterThanOrEqual(
    new Date(String(first)).getTime(),
  )
  expect(later.status).toBe('not_ready')
  expect(later.checks['broken']).toMatchObject({ ok: false, found: 'Error' })
})

test('metrics are open on this port, unless a token is asked for', async () => {
  const meter = createMeter()
  meter.count('mooring_claims_total', { result: 'claimed' }, 3)
  const openToAll = await serve({ meter })
  expect(await (await openToAll.ask('/metrics')).text()).toContain('mooring_claims_total{result="claimed"} 3')

  const { ask } = await serve({ meter, metricsToken: 'a-token-of-the-machine-room' })
  const statusWith = async (authorization: string) => (await ask('/metrics', { authorization })).status
  expect([await statusWith(''), await statusWith('Bearer wrong')]).toEqual([401, 401])
  expect(await statusWith('Bearer a-token-of-the-machine-room')).toBe(200)
})

test('what is asked at a scrape and cannot be answered fails no scrape', async () => {
  const meter = createMeter()
  meter.onScrape(() => Promise.reject(new Error('away')))
  meter.onScrape(() => meter.set('mooring_broker_up', {}, 1))
  expect(await meter.text()).toContain('mooring_broker_up 1')
})

test('a gauge that is replaced forgets what is not among its values', async () => {
  const meter = createMeter()
  meter.replace('mooring_ca_circuit_open', [{ labels: { ca: 'gone' }, value: 1 }])
  meter.replace('mooring_ca_circuit_open', [{ labels: { ca: 'here' }, value: 0 }])
  meter.replace('mooring_workers_live', [{ labels: {}, value: 4 }])
  meter.replace('mooring_workers_live', [])
  const text = await meter.text()
  expect(text).toContain('mooring_ca_circuit_open{ca="here"} 0')
  expect(text).not.toMatch(/gone|^mooring_workers_live/m)
})

test('a taken port is an error', async () => {
  const { port } = await serve()
  await expect(serve({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
