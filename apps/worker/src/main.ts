import { SECOND, createKeyCustody, systemClock } from '@mooring/core'
import {
  WORKER_HEARTBEAT_MS,
  createCertificateStore,
  createDomainStore,
  createEdgeStore,
  createWorkers,
  migrate,
  openDatabase,
} from '@mooring/postgres'
import { createLocalCa, createResolver, csrMaker } from '@mooring/providers'
import { createRabbitJobQueue } from '@mooring/queue'
import { createLogger, readConfig, runUntilStopped, serveHealth } from '@mooring/runtime'
import { configSchema } from './config.ts'
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

  const worker = await startWorker({
    queue,
    engine: {
      store: createDomainStore(database, { leaseMs: config.MOORING_LEASE_SECONDS }),
      certificates: createCertificateStore(database),
      edges: createEdgeStore(database),
      resolver: createResolver({ servers: config.MOORING_DNS_SERVERS }),
      issuer,
      csrMaker,
      custody,
      clock: systemClock,
      leaseMs: config.MOORING_LEASE_SECONDS,
      policy: {
        edge: { hostname: config.MOORING_EDGE_HOSTNAME, addresses: config.MOORING_EDGE_ADDRESSES },
        maxAttempts: config.MOORING_MAX_ATTEMPTS,
        edgeRecheckMs: config.MOORING_EDGE_RECHECK_SECONDS,
        graceMs: config.MOORING_GRACE_DAYS,
      },
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
