import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'
import { expectNothingLost } from './aftermath.ts'
import { type StepGate, installStepGate } from './step-gate.ts'

const NAMES = 10

describe('while names are launched', () => {
  let fleet: Fleet
  let gate: StepGate
  beforeAll(async () => {
    fleet = await startFleet({ workers: 2, edges: 2, env: { MOORING_HINT_SECONDS: '2' } })
    gate = await installStepGate(fleet.database.url)
  })
  afterAll(async () => {
    await gate?.end()
    await fleet?.stop()
  })

  /** Registers names with their records in place and pokes them, so that all are on their way when this resolves. */
  async function launchMany(zone: string): Promise<string[]> {
    const domains = await Promise.all(Array.from({ length: NAMES }, (_, index) => fleet.post(`n${index}.${zone}`)))
    for (const domain of domains) await fleet.addRecords(domain)
    await Promise.all(domains.map(({ id }) => fleet.call('POST', `/v1/domains/${id}/check`)))
    return domains.map(({ id }) => id)
  }

  async function allActive(ids: string[]): Promise<void> {
    for (const id of ids) await fleet.reaches(id, 'active', 90_000)
    await expectNothingLost(fleet, gate)
  }

  it('an edge agent may be killed: its nginx serves on, and a new agent takes that nginx over', async () => {
    const present = await fleet.launch('present.agent-killed.com')
    const [edge] = fleet.edges
    if (edge === undefined) expect.fail('no edge')
    const nginxPid = () => Number(readFileSync(join(edge.dir, 'nginx.pid'), 'utf8'))
    const before = nginxPid()

    const ids = await launchMany('agent-killed.com')
    edge.agent.signal('SIGKILL')
    await edge.agent.exited
    expect((await fleet.visitHttps(edge, present.hostname)).status).toBe(200)
    fleet.edges[0] = fleet.startEdge(0)
    await allActive(ids)
    expect(nginxPid()).toBe(before)
  })

  it('the API may be killed: what it accepted is carried on, and an answer it missed is made up for at a check', async () => {
    const ids = await launchMany('api-killed.com')
    fleet.api.signal('SIGKILL')
    await fleet.api.exited
    fleet.api = fleet.startApi()
    await eventually('the API is back', async () => (await fetch(`${fleet.apiUrl}/readyz`)).ok)
    // We ask through the edges for answers that the API gives. A name that was asked for in vain waits for its next look, or
    // for a check.
    await eventually('no edge was asked in vain', async () => {
      const domains = await Promise.all(ids.map((id) => fleet.domain(id)))
      const missed = domains.filter(({ reason }) => reason?.code === 'EDGE_UNREACHABLE')
      await Promise.all(missed.map(({ id }) => fleet.call('POST', `/v1/domains/${id}/check`)))
      return missed.length === 0
    })
    // A validation by the CA that failed at that moment keeps its name waiting for a minute, whoever checks.
    await allActive(ids)
  })

  it('the scheduler may be killed: another one finds what nobody was told of', async () => {
    fleet.scheduler.signal('SIGKILL')
    await fleet.scheduler.exited
    const ids = await launchMany('scheduler-killed.com')
    // Made due with no hint, as by a process that died right after its commit.
    await gate.query(
      `update domains set next_run_at = now(), hinted_until = null where state <> 'active' and lease_until is null`,
    )
    fleet.scheduler = fleet.startScheduler()
    await allActive(ids)
  })
})
