import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'
import { expectNothingLost } from './aftermath.ts'
import { type StepGate, installStepGate } from './step-gate.ts'

describe('an intent that arrives during a step', () => {
  let fleet: Fleet
  let gate: StepGate
  beforeAll(async () => {
    fleet = await startFleet({ workers: 2, edges: 1, env: { MOORING_GRACE_DAYS: '0' } })
    gate = await installStepGate(fleet.database.url)
  })
  afterAll(async () => {
    await gate?.end()
    await fleet?.stop()
  })

  /** Freezes the CA, so that the ordering step hangs in its call, and returns once the step is in it. */
  async function hangInOrdering(hostname: string) {
    const domain = await fleet.post(hostname)
    await fleet.addRecords(domain)
    process.kill(fleet.pebble.pid, 'SIGSTOP')
    await fleet.call('POST', `/v1/domains/${domain.id}/check`)
    await eventually('the order step runs', async () => {
      const [row] = await gate.query<{ step: string; held: boolean }>(
        'select step, lease_until > now() as held from domains where id = $1',
        [domain.id],
      )
      return row?.step === 'order_certificate' && row.held
    })
    return domain
  }

  it('a launch deleted during issuance stays deleted', async () => {
    const domain = await hangInOrdering('deleted.intent-customer.com')
    await fleet.call('DELETE', `/v1/domains/${domain.id}?immediate=true`)
    process.kill(fleet.pebble.pid, 'SIGCONT')

    await fleet.reaches(domain.id, 'deprovisioned')
    const events = await gate.query<{ type: string }>('select type from events where domain_id = $1', [domain.id])
    expect(events.map(({ type }) => type)).not.toContain('domain.active')
    await expectNothingLost(fleet, gate)
  })

  it('a check during issuance is not lost and does not order twice', async () => {
    const domain = await hangInOrdering('checked.intent-customer.com')
    await fleet.call('POST', `/v1/domains/${domain.id}/check`)
    process.kill(fleet.pebble.pid, 'SIGCONT')

    await fleet.reaches(domain.id, 'active')
    const attempts = await gate.query<{ outcome: string }>('select outcome from attempts where domain_id = $1', [
      domain.id,
    ])
    expect(attempts.map(({ outcome }) => outcome)).toContain('superseded')
    expect(await gate.query('select status from certificates where domain_id = $1', [domain.id])).toEqual([
      { status: 'issued' },
    ])
    await expectNothingLost(fleet, gate)
  })

  it('a hostname deleted and posted again at once is launched afresh, with the certificate it left behind', async () => {
    const hostname = 'again.intent-customer.com'
    const first = await fleet.launch(hostname)
    await fleet.call('DELETE', `/v1/domains/${first.id}?immediate=true`)
    await fleet.reaches(first.id, 'deprovisioned')
    const second = await fleet.launch(hostname)
    expect(second.id).not.toBe(first.id)
    expect(second.certificate.serial).toBe(first.certificate.serial)
    await expectNothingLost(fleet, gate)
  })
})
