import { mkdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import {
  AppError,
  EDGE_HEARTBEAT_MS,
  type EdgeReport,
  type EdgeServer,
  type Log,
  MINUTE,
  type Route,
  SECOND,
  type Tracer,
  noTracer,
  refusalOf,
  serviceRefusalOf,
} from '@mooring/core'
import { type Meter, createMeter } from '@mooring/runtime'
import { createApplyLoop } from './apply-loop.ts'
import { backoffMs } from './backoff.ts'
import { createControlPlane } from './control-plane.ts'
import { openDesiredState } from './desired-state.ts'
import { obtainToken, requireSafeUrl } from './identity.ts'
import { runPullLoop } from './pull-loop.ts'
import { createReportLoop } from './report-loop.ts'
import { createRouteSpans } from './route-spans.ts'
import { createHostResolver } from './resolve-targets.ts'
import { runTrafficLoop } from './traffic-loop.ts'
import { createServiceWatch } from './watch-services.ts'

export interface AgentOptions {
  /** Absolute; the agent's state, token and web server live in it. */
  dir: string
  /** Of the control plane. */
  apiUrl: URL
  /** Plain HTTP to a control plane that is not on this machine. */
  allowInsecureApi?: boolean
  /** The edge's token; without it `apiKey` enrols the edge as `name` at the first start. */
  token?: string | undefined
  apiKey?: string | undefined
  name: string
  pool: string
  /** CIDRs of private targets the operator permits. */
  upstreamAllow: readonly string[]
  /** `ip:port`; the machine's own when empty. */
  dnsServers: readonly string[]
  server: EdgeServer
  heartbeatMs?: number
  /** How often the server is looked after without a change. */
  recheckMs?: number
  /** How long one pull may wait for news. */
  pullWaitSeconds?: number
  /** How often traffic is counted and reported. */
  trafficMs?: number
  meter?: Meter
  /** Without it nothing is traced. */
  tracer?: Tracer
  log: Log
}

export interface Agent {
  /** Whether everything the control plane had at the start is served: a load balancer may send visitors. */
  isReady(): boolean
  /** When the control plane last answered; null before the first time. */
  heardAt(): Date | null
  /** Generations: served and proved, and known to be wanted. */
  progress(): { applied: number; wanted: number }
  /** Ends the agent and leaves the server as it is. */
  stop(): Promise<void>
}

/**
 * Carries the control plane's wishes to one web server: pull, apply, prove, report. Level-triggered, so that whatever is
 * lost on the way is made good by the next round. Resolves once the server serves what it served last.
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { dir, apiUrl, server, log, meter = createMeter() } = options
  requireSafeUrl(apiUrl, options.allowInsecureApi === true)
  if (options.token === undefined && options.apiKey === undefined) {
    throw new AppError('INVALID', 'The edge has no identity: set MOORING_EDGE_TOKEN, or MOORING_API_KEY to enrol it.')
  }
  await mkdir(dir, { recursive: true })
  const state = await openDesiredState(dir)
  await server.start()
  log.info({ server: server.version, names: state.routes().length, generation: state.generation }, 'edge serves')

  const stopping = new AbortController()
  const { signal } = stopping
  const rules = { allow: options.upstreamAllow }
  let isCaughtUp = false
  let isReady = false
  let heardAt: Date | null = null
  let applied = 0
  const reports = createReportLoop({ heartbeatMs: options.heartbeatMs ?? EDGE_HEARTBEAT_MS, log })
  const { dnsServers } = options
  const onChange = (): void => applies.notify({ isUrgent: true })
  const targets = createHostResolver({ refusalOf: (address) => refusalOf(address, rules), dnsServers, onChange, log })
  const serviceHosts = createHostResolver({ refusalOf: serviceRefusalOf, dnsServers, onChange, log })
  const serviceWatch = createServiceWatch({ onChange, meter, log })
  const routeSpans = createRouteSpans(options.tracer ?? noTracer, options.name)
  const onApplied = (report: EdgeReport): void => {
    isReady ||= isCaughtUp
    applied = report.generation
    meter.set('mooring_edge_generation', {}, report.generation)
    meter.set('mooring_edge_rejected_routes', {}, report.rejected.length)
    routeSpans.end(report)
    reports.tell(report)
  }
  const applies = createApplyLoop({
    state,
    server,
    targets,
    serviceHosts,
    serviceWatch,
    rules,
    onApplied,
    recheckMs: options.recheckMs ?? 30 * SECOND,
    meter,
    log,
  })

  async function followControlPlane(): Promise<void> {
    const token = await identify(options, signal)
    const onAnswer = () => {
      heardAt = new Date()
    }
    const controlPlane = createControlPlane({ url: apiUrl, token, onAnswer })
    const onRoutes = (changed: Route[], traces: Record<string, string>): void => {
      routeSpans.begin(changed, traces)
      // Until it is confirmed what an earlier run left, everything is applied together.
      if (state.asOf < state.generation) return
      applies.notify({ isUrgent: changed.length === 0 || changed.some(({ variant }) => variant !== 'http') })
    }
    const onCaughtUp = (): void => {
      isCaughtUp = true
      state.confirm()
      applies.notify({ isUrgent: true })
    }
    const waitSeconds = options.pullWaitSeconds ?? 25
    await Promise.all([
      runPullLoop(
        { controlPlane, state, waitSeconds, onChange: onRoutes, onCaughtUp, isApplying: applies.isApplying, log },
        signal,
      ),
      reports.run(controlPlane, signal),
      server.traffic === null
        ? null
        : runTrafficLoop(
            { traffic: server.traffic, controlPlane, everyMs: options.trafficMs ?? MINUTE, meter, log },
            signal,
          ),
    ])
  }

  if (state.routes().length > 0) applies.notify({ isUrgent: true })
  const loops = Promise.all([applies.run(signal), followControlPlane().catch(unlessStopped(signal))])
  return {
    isReady: () => isReady,
    heardAt: () => heardAt,
    progress: () => ({ applied, wanted: state.generation }),
    async stop() {
      stopping.abort()
      targets.stop()
      serviceHosts.stop()
      serviceWatch.stop()
      await loops
      await state.save()
    },
  }
}

/** Asks until there is an identity: an edge whose control plane is away or refuses it serves what it has meanwhile. */
async function identify(options: AgentOptions, signal: AbortSignal): Promise<string> {
  const { dir, apiUrl: url, token, apiKey, name, pool, log } = options
  for (let failures = 1; ; failures += 1) {
    try {
      return await obtainToken({ dir, url, token, apiKey, name, pool }, signal)
    } catch (err) {
      if (signal.aborted) throw err
      if (failures === 1) log.error({ err, name }, 'the edge is not enrolled yet')
      await delay(backoffMs(failures), undefined, { signal })
    }
  }
}

const unlessStopped = (signal: AbortSignal) => (error: unknown) => {
  if (!signal.aborted) throw error
}
