import { LAUNCH, LEAVING } from '@mooring/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { expectNothingLost } from './aftermath.ts'
import { type StepGate, installStepGate } from './step-gate.ts'

const SHORT_LEASE = { MOORING_LEASE_SECONDS: '2', MOORING_HINT_SECONDS: '1', MOORING_GRACE_DAYS: '0' }
const launchSteps = LAUNCH.map(({ name }) => name)
const leavingSteps = LEAVING.map(({ name }) => name)

describe('a worker that is killed', () => {
  let fleet: Fleet
  let gate: StepGate
  beforeAll(async () => {
    fleet = await startFleet({ workers: 1, edges: 1, env: SHORT_LEASE })
    gate = await installStepGate(fleet.database.url)
  })
  afterAll(async () => {
    await gate?.end()
    await fleet?.stop()
  })

  /** Kills the only worker while the outcome of `step` is on its way; `before` its commit, or right `after`. */
  async function killAt(hostname: string, step: string, moment: 'before' | 'after'): Promise<void> {
    const backend = await gate.reached(`${step} of ${hostname}`)
    const victim = fleet.workers.at(-1) ?? expect.fail('no worker')
    victim.signal('SIGKILL')
    await victim.exited
    if (moment === 'before') await gate.killBackend(backend)
    await gate.open()
    fleet.workers.push(fleet.startWorker())
  }

  async function register(hostname: string) {
    const domain = await fleet.post(hostname)
    await fleet.addRecords(domain)
    await fleet.call('POST', `/v1/domains/${domain.id}/check`)
    return domain
  }

  it.each(launchSteps.flatMap((step) => [[step, 'before'] as const, [step, 'after'] as const]))(
    'at %s, %s its commit: another finishes the launch with one certificate',
    async (step, moment) => {
      const hostname = `${step.replaceAll('_', '-')}-${moment}.killed-customer.com`
      await gate.close(hostname, step)
      const domain = await register(hostname)
      await killAt(hostname, step, moment)

      await fleet.reaches(domain.id, 'active')
      const certificates = await gate.query('select status from certificates where domain_id = $1', [domain.id])
      expect(certificates).toEqual([{ status: 'issued' }])
      await expectNothingLost(fleet, gate)
    },
  )

  it.each(leavingSteps.flatMap((step) => [[step, 'before'] as const, [step, 'after'] as const]))(
    'at %s, %s its commit: the name is gone all the same',
    async (step, moment) => {
      const hostname = `${step.replaceAll('_', '-')}-${moment}.leaving-customer.com`
      const domain = await fleet.launch(hostname)
      await gate.close(hostname, step)
      await fleet.call('DELETE', `/v1/domains/${domain.id}?immediate=true`)
      await killAt(hostname, step, moment)

      await fleet.reaches(domain.id, 'deprovisioned')
      await expectNothingLost(fleet, gate)
    },
  )
})
