import { mkdtemp, rm } from 'node:fs/promises'
import { Resolver } from 'node:dns/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Domain, type Hostname, ownershipRecordName } from '@mooring/core'
import { openDatabase } from '@mooring/postgres'
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

export interface Reverification {
  count: number
  /** By one worker process with one slot. */
  perSecond: number
  /** To the registry and the DNS host together, as these counted them. */
  queriesPerName: number
  /** Milliseconds per name. */
  cpuMs: { worker: number; postgres: number; scheduler: number }
  /** `node:dns` asking a resolver (BIND) for the same two records; both processes' CPU. */
  peer: { cpuMs: number }
}

/** Active names that have all fallen due, proved again by one slot: what a day of them costs follows. */
export async function measureReverification({
  count,
  say,
}: {
  count: number
  say(text: string): void
}): Promise<Reverification> {
  say(`Filling a DNS world with ${count} zones …`)
  const domains = Array.from({ length: count }, (_, index) => activeDomain(index))
  const world = await startDnsWorld(domains, EDGE)
  const [postgres, rabbit] = await Promise.all([startPostgres({ durable: true }), startRabbitMQ()])
  const dir = await mkdtemp(join(tmpdir(), 'mooring-reverify-'))
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
    MOORING_SLOTS: '1',
  }
  const scheduler = startRole('scheduler', 'scheduler', settings, { logDir: dir })
  const worker = startRole('worker', 'worker', settings, { logDir: dir })
  try {
    for (const domain of domains) await storeDomain(database, domain)
    await eventually('the worker takes hints', async () => {
      const { rows } = await database.pool.query('select from workers')
      return rows.length > 0
    })
    say(`Proving ${count} active names again, one slot …`)
    const cpu = () => ({
      worker: cpuSecondsOfTree(worker.pid),
      scheduler: cpuSecondsOfTree(scheduler.pid),
      postgres: postgres.address.pid === null ? 0 : cpuSecondsOfTree(postgres.address.pid),
    })
    const before = { cpu: cpu(), queries: await world.queries(), at: performance.now() }
    await database.pool.query(`update domains set lease_until = null, leased_by = null, next_run_at = now()`)
    await eventually(
      'every name is proved again',
      async () => {
        const { rows } = await database.pool.query('select from domains where next_run_at <= now() limit 1')
        return rows.length === 0
      },
      300_000,
    )
    const seconds = (performance.now() - before.at) / 1000
    const after = { cpu: cpu(), queries: await world.queries() }
    const { rows } = await database.pool.query(`select from domains where state <> 'active' or reason is not null`)
    if (rows.length > 0) throw new Error(`${rows.length} names were not proved`)

    const perName = (role: keyof typeof before.cpu) => ((after.cpu[role] - before.cpu[role]) * 1000) / count
    return {
      count,
      perSecond: count / seconds,
      queriesPerName: (after.queries - before.queries) / count,
      cpuMs: { worker: perName('worker'), postgres: perName('postgres'), scheduler: perName('scheduler') },
      peer: { cpuMs: await measurePeer(domains, resolver.address) },
    }
  } finally {
    await Promise.all([worker.stop(), scheduler.stop()])
    await database.close()
    await Promise.all([resolver.stop(), world.stop(), rabbit.stop(), testDatabase.drop().then(() => postgres.stop())])
    await rm(dir, { recursive: true, force: true })
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

/** The usual way: the runtime's own resolver library, and a caching resolver behind it. */
async function measurePeer(domains: Domain[], { dnsServer, pid }: { dnsServer: string; pid: number }): Promise<number> {
  const peer = new Resolver()
  peer.setServers([dnsServer])
  const cpu = () => cpuSecondsOfTree(pid) + (process.cpuUsage().user + process.cpuUsage().system) / 1e6
  const before = cpu()
  for (const { hostname } of domains) {
    await peer.resolveTxt(ownershipRecordName(hostname))
    await peer.resolveCname(hostname)
  }
  return ((cpu() - before) * 1000) / domains.length
}
