import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type StepGate, installStepGate } from '../faults/step-gate.ts'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'

describe('notices', () => {
  const received: string[] = []
  const slack = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      received.push(JSON.parse(body).text)
      response.end('ok')
    })
  })
  let fleet: Fleet
  let gate: StepGate
  beforeAll(async () => {
    await new Promise<void>((resolve) => slack.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(slack.address() as AddressInfo).port}/services/T/B/X`
    fleet = await startFleet({
      workers: 2,
      edges: 1,
      env: { MOORING_SLACK_WEBHOOK_URL: url, MOORING_NOTICE_WINDOW_SECONDS: '15' },
    })
    gate = await installStepGate(fleet.database.url)
  })
  afterAll(async () => {
    await gate?.end()
    await fleet?.stop()
    slack.close()
  })

  it('500 failing domains are one message now and one digest with the count later, across a restart', async () => {
    const template = await fleet.post('template.noisy-customer.com')
    await gate.query(
      `insert into domains (id, hostname, tenant, state, step, lane, next_run_at, target, verification, tls, edge_pool)
       select 'dom_' || overlay(gen_random_uuid()::text placing '7' from 15 for 1), 'n' || n || '.noisy-customer.com', tenant, 'verifying', 'verify_ownership', 'normal', now(),
              target, jsonb_set(verification, '{expiresAt}', '"2020-01-01T00:00:00.000Z"'), tls, edge_pool
       from domains, generate_series(1, 500) n where id = $1`,
      [template.id],
    )
    await eventually('all have failed', async () => {
      const [row] = await gate.query<{ count: string }>(`select count(*) from domains where state = 'failed'`)
      return row?.count === '500'
    })
    await eventually('the first notice arrived', () => received.length === 1)
    expect(received[0]).toContain('OWNERSHIP_TOKEN_EXPIRED')

    await fleet.scheduler.stop()
    fleet.scheduler = fleet.startScheduler()
    await eventually('the digest arrived', () => received.length === 2, 40_000)
    expect(received[1]).toContain('499')
    expect(received).toHaveLength(2)
  })
})
