import { chooseServer, startAgent } from '@mooring/edge-agent'
import { edgeFolder, endNginx } from '../nginx-left.ts'
import type { RoleContext } from './role-context.ts'

export async function startEdgeRole(
  { config, folder, apiKey, meter, tracing, stack, log }: RoleContext,
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
