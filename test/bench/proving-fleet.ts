import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Domain, Hostname } from '@mooring/core'
import { type Database, openDatabase } from '@mooring/postgres'
import { aDomain } from '../builders/domain.ts'
import { silentLog } from '../builders/silent-log.ts'
import { storeDomain } from '../builders/stored-domain.ts'
import { startNamed } from '../services/named.ts'
import { createTestDatabase, startPostgres } from '../services/postgres.ts'
import { eventually, startRole } from '../services/processes.ts'
import { startRabbitMQ } from '../services/rabbitmq.ts'
import { cpuSecondsOfTree } from './cpu.ts'
import { startDnsWorld } from './dns-world.ts'

const EDGE = { hostname: 'edge.platform.example', addresses: ['192.0.2.1'] }

/** A worker and a scheduler, and active names with their records in a DNS world of their own. */
export interface ProvingFleet {
  domains: Domain[]
  database: Database
  /** The caching resolver that the worker asks. */
  resolver: { dnsServer: string; pid: number }
  /** To the registry and the DNS host together, as these counted them. */
  queries(): Promise<number>
  /** Seconds of CPU so far: unlike names per second, they do not depend on what else the machine does. */
  cpu(): Record<'scheduler' | 'worker' | 'postgres', number>
  /** Waits until every name that was due has been proved again. */
  allProved(): Promise<void>
  stop(): Promise<void>
}

/** Nothing is due yet; `env` is for both roles. */
export async function startProvingFleet(options: {
  names: number
  slots: number
  env?: Record<string, string>
  say(text: string): void
}): Promise<ProvingFleet> {
  options.say(`Filling a DNS world with ${options.names} zones …`)
  const domains = Array.from({ length: options.names }, (_, index) => activeDomain(index))
  const [world, postgres, rabbit] = await Promise.all([
    startDnsWorld(domains, EDGE),
    startPostgres({ durable: true }),
    startRabbitMQ(),
  ])
  const dir = await mkdtemp(join(tmpdir(), 'mooring-proving-'))
  const testDatabase = await createTestDatabase(postgres)
  const database = openDatabase({ url: testDatabase.url, log: silentLog })
  const resolver = await startNamed({ recursive: { roots: [`${world.root}:${world.port}`] } })
  const settings = {
    DATABASE_URL: testDatabase.url,
    AMQP_URL: rabbit.address.url,
    LOG_LEVEL: 'warn',
    MOORING_ENCRYPTION_KEY: '00'.repeat(32),
    MOORING_EDGE_HOSTNAME: EDGE.hostname,
    MOORING_EDGE_ADDRESSES: EDGE.addresses.join(','),
    MOORING_DNS_ROOTS: world.root,
    MOORING_DNS_PORT: String(world.port),
    MOORING_DNS_RESOLVERS: resolver.address.dnsServer,
    MOORING_DNS_ALLOW: '127.0.0.0/8',
    MOORING_ISSUER: 'local',
    MOORING_DATA_DIR: dir,
    MOORING_SLOTS: String(options.slots),
    ...options.env,
  }
  const scheduler = startRole('scheduler', 'scheduler', settings, { logDir: dir })
  const worker = startRole('worker', 'worker', settings, { logDir: dir })

  const fleet: ProvingFleet = {
    domains,
    database,
    resolver: resolver.address,
    queries: world.queries,
    cpu: () => ({
      scheduler: cpuSecondsOfTree(scheduler.pid),
      worker: cpuSecondsOfTree(worker.pid),
      postgres: postgres.address.pid === null ? 0 : cpuSecondsOfTree(postgres.address.pid),
    }),
    async allProved() {
      const due = () => database.pool.query('select from domains where next_run_at <= now() limit 1')
      await eventually('every name is proved again', async () => (await due()).rowCount === 0, 300_000)
    },
    async stop() {
      await Promise.all([worker.stop(), scheduler.stop()])
      await database.close()
      await Promise.all([resolver.stop(), world.stop(), rabbit.stop(), testDatabase.drop().then(() => postgres.stop())])
      await rm(dir, { recursive: true, force: true })
    },
  }
  try {
    for (const domain of domains) await storeDomain(database, domain)
    await eventually('the worker takes hints', async () => {
      const { rowCount } = await database.pool.query('select from workers')
      return rowCount !== 0
    })
    return fleet
  } catch (error) {
    await fleet.stop()
    throw error
  }
}

function activeDomain(index: number): Domain {
  const domain = aDomain({ hostname: `shop.c${index}.example` as Hostname, state: 'active', step: 'reverify' })
  return {
    ...domain,
    lane: 'normal',
    verification: { ...domain.verification, token: index.toString(16).padStart(40, '0') },
  }
}
