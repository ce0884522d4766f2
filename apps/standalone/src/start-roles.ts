import { randomBytes } from 'node:crypto'
import { accessOf, openAccess, startApi } from '@mooring/api'
import {
  blockOf,
  createKeyCustody,
  DAY,
  type DnsZoneStore,
  type HttpProbe,
  type JobQueue,
  type KeyCustody,
  type ManagedZones,
  openManagedZones,
  platformNames,
  type Resolver,
  SECOND,
  systemClock,
  type TlsProbe,
} from '@mooring/core'
import { chooseServer, startAgent } from '@mooring/edge-agent'
import {
  createAuditLog,
  createAuditReader,
  createAuditSealer,
  createAuthorityWatch,
  createBudgets,
  createCertificateStore,
  createClaims,
  createDeadLetters,
  createDeliveries,
  createContactBook,
  createCustomerMails,
  createDispatch,
  createDnsZoneStore,
  createDomainStore,
  createEdgeRegistry,
  createEdgeStore,
  createEventStream,
  createFleetFacts,
  createHousekeeping,
  createNotices,
  createNoticeDesk,
  createOperations,
  createRegistry,
  createTraceStore,
  createTrafficStore,
  createWebhookStore,
  createWorkers,
  type Database,
  migrate,
  openDatabase,
  WORKER_HEARTBEAT_MS,
} from '@mooring/postgres'
import {
  createDnsProvider,
  createHttpProbe,
  createLocalCa,
  createResolver,
  createTlsProbe,
  csrMaker,
  type LocalCa,
} from '@mooring/providers'
import { createMemoryJobQueue } from '@mooring/queue'
import {
  type Logger,
  type Meter,
  type OpenTracer,
  createMeter,
  edgeIdentityOf,
  knownLimits,
  measureQueue,
  openTracer,
  traceQueue,
} from '@mooring/runtime'
import {
  measureNotices,
  measureSenders,
  noticeRulesOf,
  noticeSendersOf,
  openCustomerMails,
  openWebhooks,
  retentionOf,
  startScheduler,
} from '@mooring/scheduler'
import { measureAuthorities, measureStore, openAuthorities, policyOf, startWorker } from '@mooring/worker'
import type { Config } from './config.ts'
import { splitResolver } from './demo/split-resolver.ts'
import { CUSTOMER_ZONE } from './demo/start-demo.ts'
import { keptSecret } from './kept-secret.ts'
import { edgeFolder, endNginx } from './nginx-left.ts'
import { systemResolvers } from './system-resolvers.ts'

const TOKEN_LIFETIME_MS = 7 * DAY
const LONG_POLL_MS = 30 * SECOND
const HINT_SECONDS = 30
const TENANT_IN_FLIGHT = 25
const LEASE_MS = 60 * SECOND
const DRAIN_MS = 8 * SECOND

export interface RolesOptions {
  config: Config
  folder: string
  databaseUrl: string
  apiKey: string
  /** `ip:port` of the demo's name server. */
  demoServer: string
  /** Takes what is started, to be stopped in reverse order. */
  stack: AsyncDisposableStack
  log: Logger
}

export interface StartedRoles {
  apiUrl: string
  ca: LocalCa & { certFile: string }
  /** Such as `nginx/1.22.1`. */
  edgeServer: string
}

/** What the roles share, since they are one process: in a fleet each makes its own. */
interface Shared extends RolesOptions {
  database: Database
  queue: JobQueue
  meter: Meter
  tracing: OpenTracer
  custody: KeyCustody
  resolver: Resolver
  probe: HttpProbe
  tlsProbe: TlsProbe
  zoneStore: DnsZoneStore
  zones: ManagedZones
}

/** The API first, then those who need it. */
export async function startRoles(options: RolesOptions): Promise<StartedRoles> {
  const { config, folder, databaseUrl, stack, log } = options
  await migrate(databaseUrl, log)
  const database = openDatabase({ url: databaseUrl, applicationName: 'mooring-standalone', log })
  stack.defer(() => database.close())
  const meter = createMeter()
  meter.measureProcess()
  const tracing = await openTracer(config, { service: 'mooring', instance: 'standalone', log })
  stack.defer(() => tracing.close())
  const broker = measureQueue(createMemoryJobQueue({ log }), meter)
  const queue = tracing.isOn ? traceQueue(broker, tracing.tracer) : broker
  stack.defer(() => queue.close())
  const encryptionKey =
    config.MOORING_ENCRYPTION_KEY ?? (await keptSecret(folder, 'encryption-key', () => randomBytes(32).toString('hex')))
  const custody = createKeyCustody(encryptionKey)
  const zoneStore = createDnsZoneStore(database)
  const zones = openManagedZones({ store: zoneStore, custody, createProvider: createDnsProvider })
  const shared = { ...options, ...openOutside(options), database, queue, meter, tracing, custody, zoneStore, zones }

  const ca = await createLocalCa(folder)
  const apiUrl = await startApiRole(shared)
  await startWorkerRole(shared, ca)
  await startSchedulerRole(shared)
  const edgeServer = await startEdgeRole(shared, apiUrl)
  return { apiUrl, ca, edgeServer }
}

/** How the world is asked: the demo's names of the demo's server, and its visitors' ports instead of the usual ones. */
function openOutside({ config, demoServer }: RolesOptions): Pick<Shared, 'resolver' | 'probe' | 'tlsProbe'> {
  const allow = [...config.MOORING_UPSTREAM_ALLOW, ...config.MOORING_EDGE_ADDRESSES.map(blockOf)]
  const httpsPort = config.MOORING_PROBE_HTTPS_PORT ?? config.MOORING_HTTPS_PORT
  return {
    tlsProbe: createTlsProbe({ allow, port: httpsPort }),
    resolver: splitResolver({
      zones: [CUSTOMER_ZONE],
      demo: createResolver({ servers: [demoServer] }),
      world: createResolver({ servers: config.MOORING_DNS_SERVERS ?? systemResolvers() }),
    }),
    probe: createHttpProbe({
      allow,
      httpPort: config.MOORING_PROBE_HTTP_PORT ?? config.MOORING_HTTP_PORT,
      httpsPort,
    }),
  }
}

async function startApiRole(shared: Shared): Promise<string> {
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
    dispatch: createDispatch(database, { hintSeconds: HINT_SECONDS, tenantInFlight: TENANT_IN_FLIGHT }),
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

async function startWorkerRole(shared: Shared, ca: LocalCa): Promise<void> {
  const { config, folder, database, queue, tracing, custody, resolver, probe, tlsProbe, zones, stack, log } = shared
  const { authorities, close } = await openAuthorities(config, {
    openLocalCa: async () => ca,
    dataDir: folder,
    concurrency: config.MOORING_ACME_CONCURRENCY,
    custody,
    database,
    tracer: tracing.isOn ? tracing.tracer : undefined,
    log,
  })
  stack.defer(close)
  const worker = await startWorker({
    queue,
    engine: {
      store: measureStore(createDomainStore(database, { leaseMs: LEASE_MS }), shared.meter),
      certificates: createCertificateStore(database),
      edges: createEdgeStore(database),
      claims: createClaims(database),
      resolver,
      probe,
      tlsProbe,
      zones,
      authorities: measureAuthorities(authorities, shared.meter),
      budgets: createBudgets(database),
      watch: createAuthorityWatch(database),
      csrMaker,
      custody,
      clock: systemClock,
      leaseMs: LEASE_MS,
      policy: policyOf(config, edgeIdentityOf(config)),
      tracer: tracing.tracer,
    },
    roster: createWorkers(database),
    name: 'standalone',
    slots: config.MOORING_SLOTS,
    heartbeatMs: WORKER_HEARTBEAT_MS,
    log: log.child({ role: 'worker' }),
  })
  stack.defer(() => worker.stop({ drainMs: DRAIN_MS }))
}

async function startSchedulerRole({ config, database, queue, custody, meter, stack, log }: Shared): Promise<void> {
  const scheduler = await startScheduler({
    database,
    queue,
    dispatch: createDispatch(database, { hintSeconds: HINT_SECONDS, tenantInFlight: TENANT_IN_FLIGHT }),
    workers: createWorkers(database),
    notices: measureNotices(createNotices(database), meter),
    deliveries: createDeliveries(database),
    customerMails: openCustomerMails(config, createCustomerMails(database)),
    senders: measureSenders(noticeSendersOf(config), meter),
    deadLetters: createDeadLetters(database),
    housekeeping: createHousekeeping(database, { retention: retentionOf(config) }),
    audit: createAuditSealer(database),
    webhooks: openWebhooks({
      database,
      custody,
      edge: edgeIdentityOf(config),
      allow: config.MOORING_WEBHOOK_ALLOW,
      dnsServers: config.MOORING_DNS_SERVERS,
      meter,
    }),
    clock: systemClock,
    log: log.child({ role: 'scheduler' }),
    settings: noticeRulesOf(config),
  })
  stack.defer(() => scheduler.stop())
  meter.onScrape(() => meter.set('mooring_scheduler_leading', {}, scheduler.isLeading() ? 1 : 0))
}

async function startEdgeRole(
  { config, folder, apiKey, meter, tracing, stack, log }: Shared,
  apiUrl: string,
): Promise<string> {
  const common = { dir: edgeFolder(folder), apiUrl: new URL(apiUrl), log: log.child({ role: 'edge-agent' }) }
  const server = await chooseServer({
    ...common,
    nginx: config.MOORING_NGINX,
    httpPort: config.MOORING_HTTP_PORT,
    httpsPort: config.MOORING_HTTPS_PORT,
    publicHttpsPort: config.MOORING_PUBLIC_HTTPS_PORT ?? config.MOORING_HTTPS_PORT,
    listenAddress: config.HOST,
    onReload: (seconds) => meter.observe('mooring_edge_reload_seconds', {}, seconds),
  })
  stack.defer(() => server.stop())
  endNginxWithUs(common.dir, stack)
  const agent = await startAgent({
    ...common,
    apiKey,
    name: 'standalone',
    pool: 'default',
    upstreamAllow: config.MOORING_UPSTREAM_ALLOW,
    dnsServers: config.MOORING_DNS_SERVERS ?? [],
    server,
    meter,
    tracer: tracing.tracer,
  })
  stack.defer(() => agent.stop())
  return server.version
}

/** In a fleet nginx outlives its agent; here a second Ctrl-C is to leave nothing behind. */
function endNginxWithUs(dir: string, stack: AsyncDisposableStack): void {
  const end = () => endNginx(dir)
  process.on('exit', end)
  stack.defer(() => void process.off('exit', end))
}
