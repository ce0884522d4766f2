import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { seedFleet } from '../../bench/seeding/seed-fleet.ts'
import type { Fleet } from '../../services/fleet.ts'
import { eventually } from '../../services/processes.ts'
import { AT_REST, BELIEVABLE, JUST_SEEN } from './believable-rows.ts'

const HOSTNAME = 'shop.lumen-bakery.com'
const TARGET = { type: 'proxy', url: 'https://lumen.platform.example' }

export const FLEET = {
  workers: 0,
  edges: 0,
  env: { MOORING_EDGE_ADDRESSES: '203.0.113.10,203.0.113.11', MOORING_WEBHOOK_ALLOW: '127.0.0.0/8' },
}

export interface Scene {
  /** A domain whose customer has added one record of two; found by a real worker, in real DNS. */
  domainId: string
  /** A webhook that was told of it, and did not always answer. */
  webhookId: string
  /** Workers and edges of the seed have no process that would report. */
  reportAll(): Promise<void>
  end(): void
}

/**
 * What the screenshots show: thousands of seeded domains that nobody works on, and one that a real worker looked at, with
 * the real notices and deliveries that came of it.
 */
export async function fillBelievably(fleet: Fleet): Promise<Scene> {
  let isUp = false
  const platform = createServer((request, response) => {
    request.resume()
    // It was away for the first message, as platforms are.
    response.writeHead(isUp ? 200 : 503).end()
  })
  platform.listen(0, '127.0.0.1')
  await once(platform, 'listening')
  const run = (statements: readonly string[]) => runAll(fleet.database.url, statements)
  await fleet.scheduler.stop()
  await seedFleet(fleet.database.url, { domains: 12_000, attempts: 30_000, say() {} })
  await run(AT_REST)

  const url = `http://127.0.0.1:${(platform.address() as AddressInfo).port}/`
  const webhook = await fleet.call('POST', '/v1/webhooks', { url, description: 'Back end of the shops' })
  const scheduler = fleet.startScheduler()
  const worker = fleet.startWorker()
  const domain = await fleet.post(HOSTNAME, { tenant: 'lumen', target: TARGET })
  await fleet.dns.setCNAME(HOSTNAME, 'edge.platform.example')
  await fleet.saysOnCheck(domain.id, 'DNS_TXT_MISSING', 120_000)
  const deliveries = async () => (await fleet.call('GET', `/v1/webhooks/${webhook.body.id}/deliveries`)).body.data
  await eventually('the platform was told', async () =>
    (await deliveries()).some(({ tries }: { tries: unknown[] }) => tries.length > 0),
  )
  isUp = true
  await eventually('it heard it all', async () =>
    (await deliveries()).every(({ status }: { status: string }) => status === 'delivered'),
  )
  await Promise.all([worker.stop(), scheduler.stop()])
  await run(BELIEVABLE)

  return {
    domainId: domain.id,
    webhookId: webhook.body.id,
    reportAll: () => run(JUST_SEEN),
    end() {
      platform.closeAllConnections()
      platform.close()
    },
  }
}

async function runAll(connectionString: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}
