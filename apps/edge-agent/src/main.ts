import { resolve } from 'node:path'
import { createLogger, createMeter, openTracer, readConfig, runUntilStopped, serveHealth } from '@mooring/runtime'
import { startAgent } from './agent.ts'
import { chooseServer } from './choose-server.ts'
import { configSchema } from './config.ts'
import { edgeReadiness, silenceOf } from './readiness.ts'

const log = createLogger({ name: 'edge-agent' })

await runUntilStopped(async () => {
  const config = readConfig(configSchema)
  log.level = config.LOG_LEVEL

  const dir = resolve(config.MOORING_EDGE_DIR)
  const apiUrl = new URL(config.MOORING_API_URL)
  const meter = createMeter()
  meter.measureProcess()
  const instance = config.MOORING_EDGE_NAME
  const { tracer, close: closeTracer } = await openTracer(config, { service: 'mooring-edge-agent', instance, log })
  const server = await chooseServer({
    dir,
    nginx: config.MOORING_NGINX,
    apiUrl,
    httpPort: config.MOORING_HTTP_PORT,
    httpsPort: config.MOORING_HTTPS_PORT,
    publicHttpsPort: config.MOORING_PUBLIC_HTTPS_PORT,
    listenAddress: config.MOORING_EDGE_LISTEN,
    workerProcesses: config.MOORING_NGINX_WORKERS,
    certificates: config.MOORING_NGINX_CERTIFICATES,
    onReload: (seconds) => meter.observe('mooring_edge_reload_seconds', {}, seconds),
    log,
  })
  const agent = await startAgent({
    dir,
    apiUrl,
    allowInsecureApi: config.MOORING_API_INSECURE,
    token: config.MOORING_EDGE_TOKEN,
    apiKey: config.MOORING_API_KEY,
    name: config.MOORING_EDGE_NAME,
    pool: config.MOORING_EDGE_POOL,
    upstreamAllow: config.MOORING_UPSTREAM_ALLOW,
    dnsServers: config.MOORING_DNS_SERVERS,
    server,
    heartbeatMs: config.MOORING_HEARTBEAT_SECONDS,
    trafficMs: config.MOORING_TRAFFIC_SECONDS,
    meter,
    tracer,
    log,
  })

  meter.onScrape(() => {
    const silentMs = silenceOf(agent)
    if (silentMs !== null) meter.set('mooring_edge_control_plane_silence_seconds', {}, silentMs / 1000)
  })
  // A load balancer waits for it: an edge that has not caught up would refuse names it should serve.
  const health = await serveHealth({
    host: config.HOST,
    port: config.MOORING_HEALTH_PORT,
    readiness: edgeReadiness(agent, server),
    meter,
    metricsToken: config.MOORING_METRICS_TOKEN,
  })

  return {
    // nginx is left running: an agent that is replaced or restarted takes no visitor away.
    async stop() {
      await agent.stop()
      await health.close()
      await closeTracer()
    },
  }
}, log)
