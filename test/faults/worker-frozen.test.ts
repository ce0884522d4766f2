import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'
import { expectNothingLost } from './aftermath.ts'
import { type StepGate, installStepGate } from './step-gate.ts'

describe('a worker that is frozen past its lease', () => {
  let fleet: Fleet
  let gate: StepGate
  beforeAll(async () => {
    fleet = await startFleet({ workers: 1, edges: 1, env: { MOORING_LEASE_SECONDS: '2', MOORING_HINT_SECONDS: '1' } })
    gate = await installStepGate(fleet.database.url)
  })
  afterAll(async () => {
    await gate?.end()
    await fleet?.stop()
  })

  it.each(['order_certificate', 'validate_order', 'finalize_order', 'publish_route'])(
    'after %s wakes up to find its work done by another, and changes nothing',
    async (step) => {
      const hostname = `${step.replaceAll('_', '-')}.frozen-customer.com`
      await gate.close(hostname, step)
      const domain = await fleet.post(hostname)
      await fleet.addRecords(domain)
      await fleet.call('POST', `/v1/domains/${domain.id}/check`)

      await gate.reached(step)
      const frozen = fleet.workers.at(-1) ?? expect.fail('no worker')
      frozen.signal('SIGSTOP')
      await gate.open()
      const other = fleet.startWorker()
      fleet.workers.push(other)
      const active = await fleet.reaches(domain.id, 'active')
      const before = await gate.query('select lease_token, gen, state, updated_at from domains where id = $1', [
        domain.id,
      ])

      frozen.signal('SIGCONT')
      await eventually(
        'the frozen worker noticed',
        () => frozen.log().includes('lease lost') || frozen.log().includes('taken over'),
      )
      expect(
        await gate.query('select lease_token, gen, state, updated_at from domains where id = $1', [domain.id]),
      ).toEqual(before)
      const certificates = await gate.query('select serial from certificates where domain_id = $1', [domain.id])
      expect(certificates).toEqual([{ serial: active.certificate.serial }])
      await expectNothingLost(fleet, gate)

      // It is as good as any other again: the other one goes, and it launches the next name alone.
      expect(await other.stop()).toBe(0)
      fleet.workers.pop()
      await fleet.launch(`next-after-${hostname}`)
    },
  )
})
