import { SECOND, blockOf, createKeyCustody, openManagedZones, systemClock } from '@mooring/core'
import {
  WORKER_HEARTBEAT_MS,
  createCertificateStore,
  createClaims,
  createDnsZoneStore,
  createDomainStore,
  createEdgeStore,
  createWorkers,
  migrate,
  openDatabase,
} from '@mooring/postgres'
import { createDnsProvider, createHttpProbe, createLocalCa, createResolver, csrMaker } from '@mooring/providers'
import { createRabbitJobQueue } from '@mooring/queue'
import { createLogger, probePorts, readConfig, resolverOptions, runUntilStopped, serveHealth } from '@mooring/runtime'
import { configSchema } from './config.ts'
import { policyOf } from './lifecycle-settings.ts'
import { openIssuer } from './open-issuer.ts'
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
  const custody = createKeyCustody(config.MOORING_ENCRYPTION_KEY)
  const openLocalCa = () => createLocalCa(String(config.MOORING_DATA_DIR))
  const issuer = await openIssuer(config, { openLocalCa, custody, database, log })

  const edge = { hostname: config.MOORING_EDGE_HOSTNAME, addresses: config.MOORING_EDGE_ADDRESSES }

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
      issuer,
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
      await worker.stop({ drainMs: DRAIN_MS })
      await health?.close()
      await queue.close()
      await issuer.close()
      await database.close()
    },
  }
}, log)
