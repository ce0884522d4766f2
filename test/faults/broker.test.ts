import { connect } from 'amqplib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { eventually } from '../services/processes.ts'
import { expectNothingLost } from './aftermath.ts'
import { type StepGate, installStepGate } from './step-gate.ts'

const LANES = ['mooring.v1.interactive', 'mooring.v1.normal']

describe('the broker', () => {
  let fleet: Fleet
  let gate: StepGate
  beforeAll(async () => {
    fleet = await startFleet({ workers: 2, edges: 1, env: { MOORING_HINT_SECONDS: '2' } })
    gate = await installStepGate(fleet.database.url)
  })
  afterAll(async () => {
    await gate?.end()
    await fleet?.stop()
  })

  it('may lose every message in every queue, again and again, while names are launched', async () => {
    const connection = await connect(fleet.rabbit.url)
    const channel = await connection.createChannel()
    const domains = []
    for (let index = 0; index < 20; index++) {
      const domain = await fleet.post(`purged-${index}.broker-customer.com`)
      await fleet.addRecords(domain)
      domains.push(domain)
    }
    let purged = 0
    const purge = async () => {
      for (const queue of LANES) purged += (await channel.purgeQueue(queue)).messageCount
    }
    // With the workers frozen the queues hold every hint, so that the purge is sure to lose some.
    for (const worker of fleet.workers) worker.signal('SIGSTOP')
    await Promise.all(domains.map(({ id }) => fleet.call('POST', `/v1/domains/${id}/check`)))
    await eventually('hints were lost', async () => {
      await purge()
      return purged > 0
    })
    for (const worker of fleet.workers) worker.signal('SIGCONT')
    for (const { id } of domains) {
      await purge()
      await fleet.reaches(id, 'active', 90_000)
    }
    await connection.close()
    await expectNothingLost(fleet, gate)
  })

  it('gets messages that are not ours out of the way, with the reason', async () => {
    const connection = await connect(fleet.rabbit.url)
    const channel = await connection.createConfirmChannel()
    const bodies = [
      Buffer.from('{not json'),
      Buffer.from('{"v":7,"task":"mine bitcoin"}'),
      Buffer.alloc(5 * 1024 * 1024, 'x'),
    ]
    for (const body of bodies) channel.publish('mooring', 'interactive', body, { persistent: true })
    await channel.waitForConfirms()
    await connection.close()

    const codes = await eventually('all three are dead letters', async () => {
      const { body } = await fleet.call('GET', '/v1/jobs?kind=dead')
      const found = body.data.map((job: { dead_letter: { code: string } | null }) => job.dead_letter?.code)
      return found.length >= 3 ? found : null
    })
    expect(codes.toSorted()).toEqual(['MESSAGE_NOT_JSON', 'MESSAGE_TOO_LARGE', 'MESSAGE_UNKNOWN'])
    await fleet.launch('after-rubbish.broker-customer.com')
  })

  it('may be away: requests are accepted into Postgres and carried on when it is back', async () => {
    await fleet.rabbit.ctl('stop_app')
    const domain = await fleet.post('offline.broker-customer.com')
    expect(domain.state).toBe('pending')
    await fleet.addRecords(domain)
    expect((await fleet.call('POST', `/v1/domains/${domain.id}/check`)).status).toBe(202)
    await fleet.rabbit.ctl('start_app')
    await fleet.reaches(domain.id, 'active', 90_000)
    await expectNothingLost(fleet, gate)
  })
})
