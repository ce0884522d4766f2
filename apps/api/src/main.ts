import { SECOND, blockOf, createKeyCustody, openManagedZones, platformNames, systemClock } from '@mooring/core'
import {
  createBudgets,
  createDispatch,
  createDnsZoneStore,
  createEdgeRegistry,
  createRegistry,
  migrate,
  openDatabase,
} from '@mooring/postgres'
import { createDnsProvider, createHttpProbe, createResolver } from '@mooring/providers'
import { createRabbitJobQueue } from '@mooring/queue'
import {
  createLogger,
  edgeIdentityOf,
  knownLimits,
  probePorts,
  readConfig,
  resolverOptions,
  runUntilStopped,
} from '@mooring/runtime'
import { startApi } from './api.ts'
import { configSchema } from './config.ts'

/** A caller is told soon that the database does not answer, and may come back. */
const STATEMENT_MS = 5 * SECOND

const log = createLogger({ name: 'api' })

await runUntilStopped(async () => {
  const config = readConfig(configSchema)
  log.level = config.LOG_LEVEL

  await migrate(config.DATABASE_URL, log)
  const database = openDatabase({
    url: config.DATABASE_URL,
    applicationName: 'mooring-api',
    statementMs: STATEMENT_MS,
    log,
  })
  const queue = createRabbitJobQueue({ url: config.AMQP_URL, log })
  const routeListeners = new Set<(pool: string) => void>()
  await database.listen('mooring_routes', (pool) => routeListeners.forEach((listener) => listener(pool)))

  const custody = createKeyCustody(config.MOORING_ENCRYPTION_KEY, config.MOORING_ENCRYPTION_KEYS_BEFORE)
  const zoneStore = createDnsZoneStore(database)
  const edge = edgeIdentityOf(config)
  const api = await startApi({
    host: config.HOST,
    port: config.PORT,
    registry: createRegistry(database, {
      tokenLifetimeMs: config.MOORING_TOKEN_DAYS,
      rotationGraceMs: config.MOORING_ROTATION_GRACE_DAYS,
    }),
    dispatch: createDispatch(database, {
      hintSeconds: config.MOORING_HINT_SECONDS / 1000,
      tenantInFlight: config.MOORING_TENANT_IN_FLIGHT,
    }),
    edges: createEdgeRegistry(database),
    queue,
    custody,
    resolver: createResolver(resolverOptions(config)),
    probe: createHttpProbe({
      allow: [...config.MOORING_UPSTREAM_ALLOW, ...edge.addresses.map(blockOf)],
      ...probePorts(config),
    }),
    budgets: createBudgets(database),
    limits: knownLimits(config),
    zoneStore,
    zones: openManagedZones({ store: zoneStore, custody, createProvider: createDnsProvider }),
    openDnsAccount: createDnsProvider,
    onRoutesChanged: (listener) => routeListeners.add(listener),
    ping: async () => {
      await database.pool.query('select 1')
    },
    log,
    clock: systemClock,
    settings: {
      adminKey: config.MOORING_API_KEY,
      rules: {
        hostnames: {
          reserved: [...platformNames(edge), ...config.MOORING_RESERVED_HOSTNAMES],
          allowedZones: config.MOORING_ALLOWED_ZONES,
        },
        addresses: { allow: config.MOORING_UPSTREAM_ALLOW },
        edge,
      },
      tokenLifetimeMs: config.MOORING_TOKEN_DAYS,
      caaIdentities: config.MOORING_ACME_CAA_IDENTITIES ?? [],
      longPollMs: config.MOORING_LONG_POLL_SECONDS,
    },
  })
  log.info({ url: api.url }, 'listening')

  return {
    async stop() {
      await api.stop()
      await queue.close()
      await database.close()
    },
  }
}, log)
