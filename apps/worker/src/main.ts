import { SECOND, blockOf, createKeyCustody, openManagedZones, systemClock } from '@mooring/core'
import {
  WORKER_HEARTBEAT_MS,
  createAuthorityWatch,
  createBudgets,
  createCertificateStore,
  createClaims,
  createDnsZoneStore,
  createDomainStore,
  createEdgeStore,
  createWorkers,
  migrate,
  openDatabase,
} from '@mooring/postgres'
import {
  createDnsProvider,
  createHttpProbe,
  createLocalCa,
  createResolver,
  createTlsProbe,
  csrMaker,
} from '@mooring/providers'
import { createRabbitJobQueue } from '@mooring/queue'
import {
  createLogger,
  edgeIdentityOf,
  probePorts,
  readConfig,
  resolverOptions,
  runUntilStopped,
  serveHealth,
} from '@mooring/runtime'
import { configSchema } from './config.ts'
import { policyOf } from './lifecycle-settings.ts'
import { openAuthorities, registerAccounts } from './open-authorities.ts'
import { startWorker } from './worker.ts'

const DRAIN_MS = 8 * SECOND

const log = createLogger({ name: 'worker' })

await runUntilStopped(async () => {
  const config = readConfig(configSchema)
  log.level = config.LOG_LEVEL

  await migrate(config.DATABASE_URL, log)
  const database = openDatabase({
    url: config.DATABASE_URL,
    applicationName: `mooring-worker ${config.MOORING_WORKER_NAME}`,
    log,
  })
  const queue = createRabbitJobQueue({ url: config.AMQP_URL, log })
  const custody = createKeyCustody(config.MOORING_ENCRYPTION_KEY, config.MOORING_ENCRYPTION_KEYS_BEFORE)
  const openLocalCa = () => createLocalCa(String(config.MOORING_DATA_DIR))
  const { authorities, close: closeAuthorities } = await openAuthorities(config, {
    openLocalCa,
    dataDir: config.MOORING_DATA_DIR,
    concurrency: config.MOORING_ACME_CONCURRENCY,
    custody,
    database,
    log,
  })
  const stopping = new AbortController()
  const registering = registerAccounts(authorities, { log, signal: stopping.signal })

  const edge = edgeIdentityOf(config)

  const worker = await startWorker({
    queue,
    engine: {
      store: createDomainStore(database, { leaseMs: config.MOORING_LEASE_SECONDS }),
      certificates: createCertificateStore(database),
      edges: createEdgeStore(database),
      claims: createClaims(database),
      zones: openManagedZones({ store: createDnsZoneStore(database), custody, createProvider: createDnsProvider }),
      resolver: createResolver(resolverOptions(config)),
      probe: createHttpProbe({
        allow: [...config.MOORING_UPSTREAM_ALLOW, ...edge.addresses.map(blockOf)],
        ...probePorts(config),
      }),
      tlsProbe: createTlsProbe({
        allow: [...config.MOORING_UPSTREAM_ALLOW, ...edge.addresses.map(blockOf)],
        port: config.MOORING_PROBE_HTTPS_PORT,
      }),
      authorities,
      budgets: createBudgets(database),
      watch: createAuthorityWatch(database),
      csrMaker,
      custody,
      clock: systemClock,
      leaseMs: config.MOORING_LEASE_SECONDS,
      policy: policyOf(config, edge),
    },
    roster: createWorkers(database),
    name: config.MOORING_WORKER_NAME,
    slots: config.MOORING_SLOTS,
    heartbeatMs: WORKER_HEARTBEAT_MS,
    log,
  })
  const healthPort = config.MOORING_HEALTH_PORT
  const isReady = () => queue.isHealthy()
  const health = healthPort === undefined ? null : await serveHealth({ host: config.HOST, port: healthPort, isReady })

  return {
    async stop() {
      stopping.abort()
      await worker.stop({ drainMs: DRAIN_MS })
      await registering
      await health?.close()
      await queue.close()
      await closeAuthorities()
      await database.close()
    },
  }
}, log)
