import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { freePorts } from '../services/free-ports.ts'
import { type Role, eventually, startRole } from '../services/processes.ts'
import { boardExpressions, startPrometheus } from '../services/prometheus.ts'

const TOKEN = 'a-token-of-the-machine-room'

let fleet: Fleet
let prometheus: Awaited<ReturnType<typeof startPrometheus>>
let scheduler: Role
let worker: Role
let agent: Role
let ports: { worker: number; scheduler: number; edge: number }
let edgeEnv: Record<string, string>

/** A fleet whose roles all have a health port, and a Prometheus that scrapes them. */
beforeAll(async () => {
  const [workerPort, schedulerPort, edgePort] = (await freePorts(3)) as [number, number, number]
  ports = { worker: workerPort, scheduler: schedulerPort, edge: edgePort }
  fleet = await startFleet({
    workers: 0,
    edges: 1,
    env: { MOORING_METRICS_TOKEN: TOKEN, MOORING_TRAFFIC_SECONDS: '0.5' },
  })
  await Promise.all([fleet.scheduler.stop(), fleet.edges[0]?.agent.stop()])
  worker = fleet.startWorker({ MOORING_HEALTH_PORT: String(ports.worker) })
  const more = { logDir: fleet.dir }
  scheduler = startRole(
    'scheduler',
    'scheduler-2',
    { ...fleet.settings, MOORING_HEALTH_PORT: String(ports.scheduler) },
    more,
  )
  edgeEnv = {
    MOORING_API_URL: fleet.apiUrl,
    MOORING_API_KEY: fleet.apiKey,
    MOORING_EDGE_NAME: 'edge-1',
    MOORING_EDGE_DIR: fleet.edges[0]?.dir ?? '',
    MOORING_EDGE_LISTEN: fleet.edges[0]?.address ?? '',
    MOORING_HTTP_PORT: String(fleet.httpPort),
    MOORING_HTTPS_PORT: String(fleet.httpsPort),
    MOORING_PUBLIC_HTTPS_PORT: String(fleet.httpsPort),
    MOORING_UPSTREAM_ALLOW: '127.0.0.0/8',
    MOORING_METRICS_TOKEN: TOKEN,
    MOORING_TRAFFIC_SECONDS: '0.5',
    MOORING_HEALTH_PORT: String(ports.edge),
  }
  agent = startRole('edge-agent', 'edge-1-again', edgeEnv, more)
  const targets = [new URL(fleet.apiUrl).port, ...Object.values(ports)].map((port) => `127.0.0.1:${port}`)
  prometheus = await startPrometheus(targets, TOKEN)
})
afterAll(async () => {
  await prometheus.stop()
  await Promise.all([worker, scheduler, agent].map((role) => role.stop()))
  await fleet.stop()
})

const ready = async (port: number) =>
  (await (await fetch(`http://127.0.0.1:${port}/readyz`)).json()) as { status: string }
const told = async () => (await prometheus.alerts()).flatMap(({ name, state }) => (state === 'inactive' ? [] : [name]))

test('a launch is seen in every role’s metrics, on the board, and in the domain’s traffic', async () => {
  for (const port of Object.values(ports))
    await eventually('the role is ready', async () => (await ready(port)).status === 'ok')
  const domain = await fleet.launch('seen.example.com')
  const [edge] = fleet.edges
  if (edge === undefined) throw new Error('the fleet has an edge')
  for (let visits = 0; visits < 5; visits += 1) await fleet.visitHttps(edge, 'seen.example.com')

  const found = async (query: string) => Number((await prometheus.query(query))[0]?.value[1] ?? Number.NaN)
  await eventually('everything has been scraped', async () => {
    const facts = await Promise.all([
      found('max(mooring_workers_live)'),
      found('sum(mooring_scheduler_leading)'),
      found('sum(mooring_step_outcomes_total{outcome="done"})'),
      found('sum(mooring_ca_request_seconds_count{call="finalize"})'),
      found('sum(mooring_hints_total{result="confirmed"})'),
      found('max(mooring_edge_generation)'),
      found('sum(mooring_edge_apply_seconds_count{result="served"})'),
      found('sum(mooring_edge_reload_seconds_count)'),
      found('sum(mooring_edge_requests_total{status="2xx"})'),
      found('sum(mooring_http_requests_total{status="202"})'),
    ])
    if (facts.every((fact) => fact >= 1)) return true
    throw new Error(JSON.stringify(facts))
  })
  const traffic = await eventually('the visits are told', async () => {
    const { body } = await fleet.call('GET', `/v1/domains/${domain.id}/traffic`)
    const ok = body.data.reduce(
      (sum: number, minute: { status: Record<string, number> }) => sum + (minute.status['2xx'] ?? 0),
      0,
    )
    return ok >= 5 ? body.data : null
  })
  expect(traffic[0].bytes).toBeGreaterThan(0)

  for (const { panel, expression } of await boardExpressions()) {
    await expect(prometheus.query(expression), panel).resolves.toBeDefined()
  }
})

test('rules are silent while all is well, and each names what was taken away', { timeout: 120_000 }, async () => {
  await eventually('the rules were evaluated', async () =>
    (await prometheus.alerts()).every(({ health }) => health === 'ok'),
  )
  await eventually('nothing is told', async () => {
    const names = await told()
    if (names.length > 0) throw new Error(names.join(', '))
    return true
  })

  scheduler.signal('SIGSTOP')
  await eventually('the leader is missed', async () => (await told()).includes('MooringLeaderless'))
  scheduler.signal('SIGCONT')
  await eventually('it leads again', async () => !(await told()).includes('MooringLeaderless'))

  await worker.stop()
  await eventually('workers are missed', async () => (await told()).includes('MooringNoWorkers'))

  agent.signal('SIGKILL')
  await eventually('the edge is missed', async () => (await told()).includes('MooringEdgeSilent'), 60_000)
  expect((await prometheus.alerts()).every(({ health }) => health === 'ok')).toBe(true)
})
