import { LAUNCH, LEAVING, RENEWAL, SUSPENSION } from '@mooring/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'
import { expectNothingLost } from './aftermath.ts'
import { type StepGate, installStepGate } from './step-gate.ts'

const SHORT_LEASE = { MOORING_LEASE_SECONDS: '2', MOORING_HINT_SECONDS: '1', MOORING_GRACE_DAYS: '0' }
/** Never reached: what an order takes of them, and gives back, is what is looked at. */
const LIMITS = { MOORING_ACME_LIMITS: 'new_orders=9000/1h,certificates_of_domain=9000/1h,exact_set=900/1h' }
const MOMENTS = ['before', 'after'] as const
const atEach = (steps: readonly { name: string }[]) =>
  steps.flatMap(({ name }) => MOMENTS.map((moment) => [name, moment] as const))
/** Only a name that moved begins with it. */
const DELETION = LEAVING.filter(({ name }) => name !== 'hand_over')
const resumption = SUSPENSION.findIndex(({ name }) => name === 'republish_route')

describe('a worker that is killed', () => {
  let fleet: Fleet
  let gate: StepGate
  beforeAll(async () => {
    fleet = await startFleet({ workers: 1, edges: 1, env: { ...SHORT_LEASE, ...LIMITS } })
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

  it.each(atEach(LAUNCH))(
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

  it.each(atEach(RENEWAL))(
    'at %s, %s its commit: another renews the certificate, once, and the old one is served until then',
    async (step, moment) => {
      const hostname = `${step.replaceAll('_', '-')}-${moment}.renewed-customer.com`
      const domain = await fleet.launch(hostname)
      const edge = fleet.edges[0] ?? expect.fail('no edge')
      await gate.close(hostname, step)
      await fleet.call('POST', `/v1/domains/${domain.id}/renew`)
      await gate.reached(`${step} of ${hostname}`)
      expect((await fleet.visitHttps(edge, hostname)).status, 'it is served all the while').toBe(200)
      await killAt(hostname, step, moment)

      await eventually('it is renewed', async () =>
        (await fleet.events(domain.id)).some(({ type }) => type === 'certificate.renewed'),
      )
      const certificates = await gate.query('select status from certificates where domain_id = $1 order by status', [
        domain.id,
      ])
      expect(certificates).toEqual([{ status: 'issued' }, { status: 'superseded' }])
      expect((await fleet.visitHttps(edge, hostname)).serial).not.toBe(domain.certificate.serial)
      await expectNothingLost(fleet, gate)
    },
  )

  it.each(atEach(DELETION))(
    'at %s, %s its commit: the name is gone and its certificate revoked all the same',
    async (step, moment) => {
      const hostname = `${step.replaceAll('_', '-')}-${moment}.leaving-customer.com`
      const domain = await fleet.launch(hostname)
      await gate.close(hostname, step)
      await fleet.call('DELETE', `/v1/domains/${domain.id}?immediate=true&revoke=true`)
      await killAt(hostname, step, moment)

      await fleet.reaches(domain.id, 'deprovisioned')
      expect(await fleet.pebble.statusOf(domain.certificate.serial)).toBe('Revoked')
      await expectNothingLost(fleet, gate)
    },
  )

  it.each(atEach(SUSPENSION))(
    'at %s, %s its commit: the name is held, and served again when it is resumed',
    async (step, moment) => {
      const hostname = `${step.replaceAll('_', '-')}-${moment}.suspended-customer.com`
      const domain = await fleet.launch(hostname)
      const rests = () =>
        eventually('it rests', async () => {
          const { step: at, reason } = await fleet.domain(domain.id)
          return at === 'await_return' && reason?.code === 'SUSPENDED_BY_OPERATOR'
        })
      const isResumption = SUSPENSION.findIndex(({ name }) => name === step) >= resumption

      if (!isResumption) await gate.close(hostname, step)
      await fleet.call('POST', `/v1/domains/${domain.id}/suspend`)
      if (!isResumption) await killAt(hostname, step, moment)
      await rests()
      expect((await fleet.visitHttps(fleet.edges[0] ?? expect.fail('no edge'), hostname)).status).toBe(503)

      if (isResumption) await gate.close(hostname, step)
      await fleet.call('POST', `/v1/domains/${domain.id}/resume`)
      if (isResumption) await killAt(hostname, step, moment)
      await fleet.reaches(domain.id, 'active')
      await expectNothingLost(fleet, gate)
    },
  )

  it.each(MOMENTS)('at reverify, %s its commit: the name stays active and is proved again', async (moment) => {
    const hostname = `reverify-${moment}.killed-customer.com`
    const domain = await fleet.launch(hostname)
    await gate.close(hostname, 'reverify')
    await fleet.call('POST', `/v1/domains/${domain.id}/check`)
    await killAt(hostname, 'reverify', moment)
    await eventually('it was proved again', async () => {
      const attempts = await gate.query(
        `select from attempts where domain_id = $1 and step = 'reverify' and outcome = 'done'`,
        [domain.id],
      )
      return attempts.length === 1
    })
    expect(await fleet.domain(domain.id)).toMatchObject({ state: 'active', reason: null })
    await expectNothingLost(fleet, gate)
  })

  it.each(MOMENTS)('at hand_over, %s its commit: the name moves to who proved it last', async (moment) => {
    const hostname = `hand-over-${moment}.moving-customer.com`
    const first = await fleet.launch(hostname, { tenant: 'first' })
    await gate.close(hostname, 'hand_over')
    const second = await fleet.post(hostname, { tenant: 'second' })
    await fleet.addRecords(second)
    await fleet.call('POST', `/v1/domains/${second.id}/check`)
    await killAt(hostname, 'hand_over', moment)

    await fleet.reaches(second.id, 'active')
    await fleet.reaches(first.id, 'deprovisioned')
    await expectNothingLost(fleet, gate)
  })
})
