import { accessOf, openAccess, startApi } from '@mooring/api'
import { platformNames, systemClock, DAY, SECOND } from '@mooring/core'
import {
  createAuditLog,
  createAuditReader,
  createBudgets,
  createContactBook,
  createDispatch,
  createEdgeRegistry,
  createEventStream,
  createFleetFacts,
  createNoticeDesk,
  createOperations,
  createRegistry,
  createTraceStore,
  createTrafficStore,
  createWebhookStore,
} from '@mooring/postgres'
import { createDnsProvider } from '@mooring/providers'
import { edgeIdentityOf, knownLimits } from '@mooring/runtime'
import { DISPATCH, type Shared } from './shared.ts'

const TOKEN_LIFETIME_MS = 7 * DAY
const LONG_POLL_MS = 30 * SECOND

export async function startApiRole(shared: Shared): Promise<string> {
  const { config, apiKey, database, queue, tracing, custody, stack, log } = shared
  const routeListeners = new Set<(pool: string) => void>()
  const listener = await database.listen('mooring_routes', (pool) => routeListeners.forEach((tell) => tell(pool)))
  stack.defer(() => listener.close())
  const edge = edgeIdentityOf(config)
  const registryOptions = {
    tokenLifetimeMs: TOKEN_LIFETIME_MS,
    rotationGraceMs: config.MOORING_ROTATION_GRACE_DAYS,
  }
  const api = await startApi({
    host: config.HOST,
    port: config.PORT,
    registry: createRegistry(database, registryOptions),
    registryFor: (tenant) => createRegistry(database.asTenant(tenant), registryOptions),
    access: await openAccess(database, accessOf(config), log),
    dispatch: createDispatch(database, DISPATCH),
    edges: createEdgeRegistry(database),
    operations: createOperations(database, registryOptions),
    queue,
    custody,
    resolver: shared.resolver,
    probe: shared.probe,
    budgets: createBudgets(database),
    limits: knownLimits(config),
    zoneStore: shared.zoneStore,
    zones: shared.zones,
    openDnsAccount: createDnsProvider,
    onRoutesChanged: (tell) => routeListeners.add(tell),
    notices: createNoticeDesk(database),
    contacts: createContactBook(database),
    events: createEventStream(database),
    webhooks: createWebhookStore(database),
    webhooksFor: (tenant) => createWebhookStore(database.asTenant(tenant)),
    audit: createAuditLog(database),
    auditFor: (tenant) => createAuditReader(tenant === null ? database : database.asTenant(tenant)),
    traffic: createTrafficStore(database),
    readFleet: createFleetFacts(database),
    meter: shared.meter,
    tracing: tracing.isOn ? { tracer: tracing.tracer, store: createTraceStore(database) } : undefined,
    ping: async () => {
      await database.pool.query('select 1')
    },
    log: log.child({ role: 'api' }),
    clock: systemClock,
    settings: {
      adminKey: apiKey,
      rules: {
        hostnames: { reserved: platformNames(edge), allowedZones: [] },
        addresses: { allow: config.MOORING_UPSTREAM_ALLOW },
        edge,
      },
      webhookAllow: config.MOORING_WEBHOOK_ALLOW,
      tokenLifetimeMs: TOKEN_LIFETIME_MS,
      caaIdentities: config.MOORING_ACME_CAA_IDENTITIES ?? [],
      longPollMs: LONG_POLL_MS,
      metricsToken: config.MOORING_METRICS_TOKEN,
      traceUrl: config.MOORING_TRACE_URL,
    },
  })
  stack.defer(() => api.stop())
  // Listening on every address is not an address to call.
  return api.url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}
