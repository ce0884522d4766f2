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
  createMeter,
  edgeIdentityOf,
  measureQueue,
  openTracer,
  probePorts,
  readConfig,
  resolverOptions,
  runUntilStopped,
  serveHealth,
} from '@mooring/runtime'
import { configSchema } from './config.ts'
import { policyOf } from './lifecycle-settings.ts'
import { measureAuthorities } from './measured-authorities.ts'
import { measureStore } from './measured-store.ts'
import { openAuthorities, registerAccounts } from './open-authorities.ts'
import { workerReadiness } from './readiness.ts'
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
  const meter = createMeter()
  meter.measureProcess()
  const instance = config.MOORING_WORKER_NAME
  const {
    tracer,
    isOn: isTracing,
    close: closeTracer,
  } = await openTracer(config, { service: 'mooring-worker', instance, log })
  const queue = measureQueue(createRabbitJobQueue({ url: config.AMQP_URL, log }), meter)
  const custody = createKeyCustody(config.MOORING_ENCRYPTION_KEY, config.MOORING_ENCRYPTION_KEYS_BEFORE)
  const openLocalCa = () => createLocalCa(String(config.MOORING_DATA_DIR))
  const { authorities, close: closeAuthorities } = await openAuthorities(config, {
    openLocalCa,
    dataDir: config.MOORING_DATA_DIR,
    concurrency: config.MOORING_ACME_CONCURRENCY,
    custody,
    database,
    tracer: isTracing ? tracer : undefined,
    log,
  })
  const stopping = new AbortController()
  const registering = registerAccounts(authorities, { log, signal: stopping.signal })

  const edge = edgeIdentityOf(config)

  const worker = await startWorker({
    queue,
    engine: {
      store: measureStore(createDomainStore(database, { leaseMs: config.MOORING_LEASE_SECONDS }), meter),
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
      authorities: measureAuthorities(authorities, meter),
      budgets: createBudgets(database),
      watch: createAuthorityWatch(database),
      csrMaker,
      custody,
      clock: systemClock,
      leaseMs: config.MOORING_LEASE_SECONDS,
      policy: policyOf(config, edge),
      tracer,
    },
    roster: createWorkers(database),
    name: config.MOORING_WORKER_NAME,
    slots: config.MOORING_SLOTS,
    heartbeatMs: WORKER_HEARTBEAT_MS,
    log,
  })
  const health = await serveHealth({
    host: config.HOST,
    port: config.MOORING_HEALTH_PORT,
    readiness: workerReadiness({ queue, stopping: stopping.signal, ping: () => database.pool.query('select 1') }),
    meter,
    metricsToken: config.MOORING_METRICS_TOKEN,
  })

  return {
    async stop() {
      stopping.abort()
      await worker.stop({ drainMs: DRAIN_MS })
      await registering
      await health.close()
      await queue.close()
      await closeAuthorities()
      await closeTracer()
      await database.close()
    },
  }
}, log)
