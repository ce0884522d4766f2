import { createServer, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Webhook } from 'standardwebhooks'
import { type Fleet, startFleet } from '../services/fleet.ts'
import { freePorts } from '../services/free-ports.ts'
import { eventually } from '../services/processes.ts'

describe('webhooks', () => {
  let fleet: Fleet
  let port: number
  let secret: string
  const told: { id: string; type: string; hostname: string; state: string }[] = []
  const platform = createServer((request: IncomingMessage, response) => {
    let text = ''
    request.on('data', (chunk) => (text += chunk))
    request.on('end', () => {
      const { type, data } = new Webhook(secret).verify(text, request.headers as Record<string, string>) as {
        type: string
        data: { domain: { hostname: string; state: string } }
      }
      const { hostname, state } = data.domain
      told.push({ id: String(request.headers['webhook-id']), type, hostname, state })
      response.end()
    })
  })
  beforeAll(async () => {
    ;[port] = (await freePorts(1)) as [number]
    fleet = await startFleet({ workers: 2, edges: 1, env: { MOORING_WEBHOOK_ALLOW: '127.0.0.0/8' } })
  })
  afterAll(async () => {
    await fleet?.stop()
    platform.closeAllConnections()
    platform.close()
  })

  it('tell the platform of a launch, in order and each once, although it was down for a while', async () => {
    // By address: the fleet's DNS server knows the customers' names only.
    const made = await fleet.call('POST', '/v1/webhooks', { url: `http://127.0.0.1:${port}/hooks` })
    expect(made.status).toBe(201)
    const { id } = made.body
    secret = made.body.secret

    const domain = await fleet.launch('shop.webhook-customer.com')
    const deliveries = async (): Promise<{ status: string; type: string; tries: { error: string }[] }[]> =>
      (await fleet.call('GET', `/v1/webhooks/${id}/deliveries`)).body.data
    await eventually('the platform was found to be down', async () =>
      (await deliveries()).some(({ tries }) => tries[0]?.error === 'connection refused'),
    )
    expect((await deliveries()).every(({ status }) => status === 'pending')).toBe(true)
    await fleet.scheduler.stop()
    fleet.scheduler = fleet.startScheduler()

    await new Promise<void>((resolve) => platform.listen(port, '127.0.0.1', resolve))
    // What waits for the second or third try is not waited for here.
    const [first] = (await deliveries()).toReversed() as unknown as [{ id: string }]
    await fleet.call('POST', `/v1/webhooks/${id}/deliveries/${first.id}/replay`)
    const types = () => told.filter(({ hostname }) => hostname === domain.hostname).map(({ type }) => type)
    await eventually('the platform knows', () => types().includes('domain.active'), 60_000)
    expect(types().filter((type) => type !== 'domain.action_required')).toEqual([
      'domain.created',
      'domain.verified',
      'domain.certificate_issued',
      'domain.active',
    ])
    expect(new Set(told.map((one) => one.id)).size).toBe(told.length)
    expect(told.at(-1)).toMatchObject({ state: 'active' })

    const replayed = await fleet.call('POST', `/v1/webhooks/${id}/replay`, { since: domain.created_at })
    expect(replayed.body.replayed).toBe(types().length)
    const before = types()
    await eventually('it was told again', () => types().length === 2 * before.length)
    expect(types().slice(before.length)).toEqual(before)
  })
})
