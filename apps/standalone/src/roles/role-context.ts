import {
  blockOf,
  createKeyCustody,
  type HttpProbe,
  type JobQueue,
  type KeyCustody,
  type ManagedZones,
  openManagedZones,
  type Resolver,
  type TlsProbe,
} from '@mooring/core'
import { createDnsZoneStore, type Database, migrate, openDatabase } from '@mooring/postgres'
import { createDnsProvider, createHttpProbe, createResolver, createTlsProbe } from '@mooring/providers'
import { createMemoryJobQueue } from '@mooring/queue'
import {
  createMeter,
  type Logger,
  measureQueue,
  type Meter,
  type OpenTracer,
  openTracer,
  traceQueue,
} from '@mooring/runtime'
import { randomBytes } from 'node:crypto'
import type { Config } from '../config.ts'
import { splitResolver } from '../demo/split-resolver.ts'
import { CUSTOMER_ZONE } from '../demo/start-demo.ts'
import { keptSecret } from '../kept-secret.ts'
import { systemResolvers } from '../system-resolvers.ts'

/** How long a hint keeps the promoter from publishing the next one, and how many domains of one tenant are at work. */
export const DISPATCH = { hintSeconds: 30, tenantInFlight: 25 }

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

/** What the roles share, since they are one process: in a fleet each makes its own. */
export interface RoleContext extends RolesOptions {
  database: Database
  queue: JobQueue
  meter: Meter
  tracing: OpenTracer
  custody: KeyCustody
  resolver: Resolver
  probe: HttpProbe
  tlsProbe: TlsProbe
  zones: ManagedZones
}

/** Opens it, and leaves it to the stack to close. */
export async function openRoleContext(options: RolesOptions): Promise<RoleContext> {
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
  const zones = openManagedZones({ store: createDnsZoneStore(database), custody, createProvider: createDnsProvider })
  return { ...options, ...openOutside(options), database, queue, meter, tracing, custody, zones }
}

/** How the world is asked: the demo's names of the demo's server, and its visitors' ports instead of the usual ones. */
function openOutside({ config, demoServer }: RolesOptions): Pick<RoleContext, 'resolver' | 'probe' | 'tlsProbe'> {
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
