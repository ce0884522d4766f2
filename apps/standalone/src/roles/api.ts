import { accessOf, openAccess, startApi, storesOf } from '@mooring/api'
import { platformNames, systemClock, DAY, SECOND } from '@mooring/core'
import { createDispatch, createTraceStore } from '@mooring/postgres'
import { createDnsProvider } from '@mooring/providers'
import { edgeIdentityOf, knownLimits } from '@mooring/runtime'
import { DISPATCH, type RoleContext } from './role-context.ts'

const TOKEN_LIFETIME_MS = 7 * DAY
const LONG_POLL_MS = 30 * SECOND

export async function startApiRole(context: RoleContext): Promise<string> {
  const { config, apiKey, database, queue, tracing, custody, stack, log } = context
  const routeListeners = new Set<(pool: string) => void>()
  const listener = await database.listen('mooring_routes', (pool) => routeListeners.forEach((tell) => tell(pool)))
  stack.defer(() => listener.close())
  const edge = edgeIdentityOf(config)
  const stores = storesOf(database, {
    tokenLifetimeMs: TOKEN_LIFETIME_MS,
    rotationGraceMs: config.MOORING_ROTATION_GRACE_DAYS,
  })
  const api = await startApi({
    host: config.HOST,
    port: config.PORT,
    ...stores,
    access: await openAccess(database, accessOf(config), log),
    dispatch: createDispatch(database, DISPATCH),
    queue,
    custody,
    resolver: context.resolver,
    probe: context.probe,
    limits: knownLimits(config),
    zones: context.zones,
    openDnsAccount: createDnsProvider,
    onRoutesChanged: (tell) => routeListeners.add(tell),
    meter: context.meter,
    tracing: tracing.isOn ? { tracer: tracing.tracer, store: createTraceStore(database) } : undefined,
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
