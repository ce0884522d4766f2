import { SECOND, blockOf, createKeyCustody, openManagedZones, platformNames, systemClock } from '@mooring/core'
import { createDispatch, createTraceStore, migrate, openDatabase } from '@mooring/postgres'
import { createDnsProvider, createHttpProbe, createResolver } from '@mooring/providers'
import { createRabbitJobQueue } from '@mooring/queue'
import {
  createLogger,
  createMeter,
  edgeIdentityOf,
  knownLimits,
  measureQueue,
  openTracer,
  probePorts,
  readConfig,
  resolverOptions,
  runUntilStopped,
  traceQueue,
} from '@mooring/runtime'
import { accessOf } from './access-settings.ts'
import { startApi } from './api.ts'
import { configSchema } from './config.ts'
import { openAccess } from './open-access.ts'
import { storesOf } from './stores.ts'

/** A caller is told soon that the database does not answer, and may come back. */
const STATEMENT_MS = 5 * SECOND

const log = createLogger({ name: 'api' })

await runUntilStopped(async () => {
  const config = readConfig(configSchema)
  const access = accessOf(config)
  log.level = config.LOG_LEVEL

  await migrate(config.DATABASE_URL, log)
  const database = openDatabase({
    url: config.DATABASE_URL,
    applicationName: 'mooring-api',
    statementMs: STATEMENT_MS,
    log,
  })
  const meter = createMeter()
  meter.measureProcess()
  const { tracer, ...tracing } = await openTracer(config, { service: 'mooring-api', log })
  const onReturned = () => meter.count('mooring_hints_total', { result: 'returned' })
  const broker = measureQueue(createRabbitJobQueue({ url: config.AMQP_URL, onReturned, log }), meter)
  const queue = tracing.isOn ? traceQueue(broker, tracer) : broker
  const routeListeners = new Set<(pool: string) => void>()
  await database.listen('mooring_routes', (pool) => routeListeners.forEach((listener) => listener(pool)))

  const custody = createKeyCustody(config.MOORING_ENCRYPTION_KEY, config.MOORING_ENCRYPTION_KEYS_BEFORE)
  const edge = edgeIdentityOf(config)
  const stores = storesOf(database, {
    tokenLifetimeMs: config.MOORING_TOKEN_DAYS,
    rotationGraceMs: config.MOORING_ROTATION_GRACE_DAYS,
  })
  const api = await startApi({
    host: config.HOST,
    port: config.PORT,
    ...stores,
    access: await openAccess(database, access, log),
    dispatch: createDispatch(database, {
      hintSeconds: config.MOORING_HINT_SECONDS / 1000,
      tenantInFlight: config.MOORING_TENANT_IN_FLIGHT,
    }),
    queue,
    custody,
    resolver: createResolver(resolverOptions(config)),
    probe: createHttpProbe({
      allow: [...config.MOORING_UPSTREAM_ALLOW, ...edge.addresses.map(blockOf)],
      ...probePorts(config),
    }),
    limits: knownLimits(config),
    zones: openManagedZones({ store: stores.zoneStore, custody, createProvider: createDnsProvider }),
    openDnsAccount: createDnsProvider,
    onRoutesChanged: (listener) => routeListeners.add(listener),
    meter,
    tracing: tracing.isOn ? { tracer, store: createTraceStore(database) } : undefined,
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
      webhookAllow: config.MOORING_WEBHOOK_ALLOW,
      tokenLifetimeMs: config.MOORING_TOKEN_DAYS,
      caaIdentities: config.MOORING_ACME_CAA_IDENTITIES ?? [],
      longPollMs: config.MOORING_LONG_POLL_SECONDS,
      metricsToken: config.MOORING_METRICS_TOKEN,
      traceUrl: config.MOORING_TRACE_URL,
    },
  })
  log.info({ url: api.url }, 'listening')

  return {
    async stop() {
      await api.stop()
      await queue.close()
      await tracing.close()
      await database.close()
    },
  }
}, log)
