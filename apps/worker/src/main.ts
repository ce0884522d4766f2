import { type Issuer, type KeyCustody, SECOND, createKeyCustody, systemClock } from '@mooring/core'
import {
  type Database,
  WORKER_HEARTBEAT_MS,
  createAcmeAccounts,
  createCertificateStore,
  createDomainStore,
  createEdgeStore,
  createWorkers,
  migrate,
  openDatabase,
} from '@mooring/postgres'
import { createAcmeIssuer, createLocalCa, createLocalCaIssuer, createResolver, csrMaker } from '@mooring/providers'
import { createRabbitJobQueue } from '@mooring/queue'
import { type Logger, createLogger, readConfig, runUntilStopped, serveHealth } from '@mooring/runtime'
import { type Config, configSchema } from './config.ts'
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
  const issuer = await openIssuer(config, { custody, database, log })

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

interface IssuerParts {
  custody: KeyCustody
  database: Database
  log: Logger
}

async function openIssuer(
  config: Config,
  { custody, database, log }: IssuerParts,
): Promise<Issuer & { close(): Promise<void> }> {
  const { MOORING_ACME_DIRECTORY: directoryUrl, MOORING_ACME_EAB_KID: kid, MOORING_ACME_EAB_HMAC: hmacKey } = config
  if (config.MOORING_ISSUER === 'acme' && directoryUrl !== undefined) {
    return createAcmeIssuer({
      directoryUrl,
      contact: config.MOORING_ACME_CONTACT,
      caFile: config.MOORING_ACME_CA_FILE,
      eab: kid === undefined || hmacKey === undefined ? undefined : { kid, hmacKey },
      accounts: createAcmeAccounts(database),
      custody,
      concurrency: config.MOORING_ACME_CONCURRENCY,
      log,
    })
  }
  const ca = await createLocalCa(String(config.MOORING_DATA_DIR))
  return { ...createLocalCaIssuer(ca), close: async () => {} }
}
