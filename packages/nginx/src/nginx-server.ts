import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  AppError,
  type ApplyResult,
  type EdgeServer,
  type ServedRoute,
  type ServedService,
  type TrafficSource,
} from '@mooring/core'
import { followControlPlane } from './control-plane.ts'
import type { Fault } from './find-faulty.ts'
import { type Generation, GenerationFolder } from './generation-folder.ts'
import { nearAddress } from './listening.ts'
import { type MainSettings, renderMain } from './main-configuration.ts'
import { createNginxProcess } from './nginx-process.ts'
import { pathText } from './nginx-quoting.ts'
import { type Plan, makePlan } from './plan.ts'
import { askStatus } from './prove-reload.ts'
import { Quarantine } from './quarantine.ts'
import { type NginxServerOptions, readSettings } from './read-settings.ts'
import type { Site } from './site.ts'
import { knownServices, serviceUpstreams } from './service-upstreams.ts'
import {
  type Live,
  type Machinery,
  type Planned,
  mainContents,
  reloadTo,
  switchGeneration,
} from './switch-generation.ts'
import { createTrafficLog } from './traffic-log.ts'

/** A round finds at least one faulty site or ends; more rounds than this mean that something else is wrong. */
const MOST_ROUNDS = 20
const STATUS_TIMEOUT_MS = 5_000

/** Drives an nginx of its own below `dir`: one that runs is adopted, and it goes on when this process ends. */
export function createNginxServer(options: NginxServerOptions): EdgeServer {
  return new NginxServer(options)
}

class NginxServer implements EdgeServer {
  readonly #options: NginxServerOptions
  readonly #folder: GenerationFolder
  readonly #controlPlane: ReturnType<typeof followControlPlane>
  readonly #quarantine = new Quarantine()
  readonly #lastGood = new Map<string, Site>()
  #services: ReadonlyMap<string, ServedService> = new Map()
  #machinery: Machinery | null = null
  #live: Live = { generation: 0, sites: new Map() }
  /** Applies wait for each other: nginx has one configuration. */
  #queue: Promise<unknown> = Promise.resolve()
  version = 'nginx'
  traffic: TrafficSource | null = null

  constructor(options: NginxServerOptions) {
    if (!isAbsolute(options.dir)) throw new AppError('INVALID', 'The edge’s folder must be an absolute path.')
    pathText(options.dir)
    this.#options = options
    this.#folder = new GenerationFolder(options.dir)
    this.#controlPlane = followControlPlane(options.controlPlaneUrl)
  }

  async start(): Promise<void> {
    const { dir, binary = 'nginx' } = this.#options
    await mkdir(dir, { recursive: true, mode: 0o755 })
    const nginx = createNginxProcess({ dir, binary })
    this.version = await nginx.readVersion()
    const settings = await this.#readSettings()
    this.traffic = settings.reopensLogs ? createTrafficLog({ dir, nginx, log: this.#options.log }) : null
    if (this.traffic === null) {
      this.#options.log.warn({ dir }, 'traffic is not counted: the user of nginx’s workers may not enter the folder')
    }
    this.#machinery = {
      folder: this.#folder,
      nginx,
      settings,
      server: {
        address: nearAddress(settings.listening),
        httpPort: settings.listening.httpPort,
        httpsPort: settings.listening.httpsPort,
      },
      proofTimeoutMs: this.#options.proofTimeoutMs ?? 15_000,
      onReload: this.#options.onReload ?? (() => {}),
      log: this.#options.log,
    }
    const current = await this.#folder.open()
    await this.#folder.letReadCertificates(settings.certificates === 'per_handshake' ? settings.worker : null)
    if (current !== null) for (const site of current.sites) this.#lastGood.set(site.domainId, site)
    if (nginx.findMaster() !== null && current !== null) await this.#adopt(current)
    else await this.#startFresh(current)
  }

  async apply(routes: ServedRoute[], _generation: number, services: ServedService[] = []): Promise<ApplyResult> {
    const applied = this.#queue.then(() => this.#apply(routes, services))
    this.#queue = applied.catch(() => undefined) // Its caller hears of it; the next apply does not depend on it.
    return applied
  }

  async isServing(): Promise<boolean> {
    if (this.#machinery === null) return false
    const status = await askStatus(this.#machinery.server)
    // During an apply it may be ahead of what was proved.
    return status !== null && status.generation >= this.#live.generation
  }

  async stop(): Promise<void> {
    await this.#queue
    await this.#folder.tidied()
    await this.#machinery?.nginx.stop()
  }

  async #apply(routes: ServedRoute[], services: ServedService[]): Promise<ApplyResult> {
    const machinery = this.#started()
    machinery.settings = await this.#readSettings()
    if (machinery.nginx.findMaster() === null) {
      this.#options.log.error({ dir: this.#options.dir }, 'nginx is not running: starting it again')
      await this.#startFresh(await this.#folder.open())
    }
    const mended = new Set<string>()
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const decided = makePlan(routes, {
        lastGood: this.#lastGood,
        live: this.#live.sites,
        faults: this.#quarantine,
        settings: vhostSettings(machinery.settings),
      })
      this.#services = knownServices(this.#services, services, [...decided.sites, ...this.#lastGood.values()])
      const plan = { ...decided, services: serviceUpstreams(this.#services, decided.sites) }
      if (this.#isLive(plan)) return { rejected: plan.rejected }
      const result = await switchGeneration(plan, this.#live, machinery)
      if (result.kind === 'broken') {
        throw new AppError('DEPENDENCY_UNAVAILABLE', `The configuration was not applied: ${result.detail}`)
      }
      if (result.kind === 'served') this.#commit(result.live, result.faults)
      if (result.faults.length === 0) return { rejected: plan.rejected }
      this.#handleFaults(result.faults, plan, mended)
    }
    throw new AppError('INTERNAL', `No configuration was found that nginx serves, after ${MOST_ROUNDS} rounds.`)
  }

  #isLive(plan: Planned): boolean {
    if (plan.changed.length > 0 || plan.sites.length !== this.#live.sites.size) return false
    if (plan.sites.some((site) => this.#live.sites.get(site.hostname)?.fingerprint !== site.fingerprint)) return false
    const path = this.#folder.path(this.#live.generation, 'nginx.conf')
    const main = renderMain(mainContents(this.#folder, this.#live.generation, plan), this.#started().settings)
    return readFileSync(path, 'utf8') === main
  }

  #commit(live: Live, faults: Fault[]): void {
    this.#live = live
    const faulty = new Set(faults.map(({ site }) => site.domainId))
    const served = new Set([...live.sites.values()].map(({ domainId }) => domainId))
    for (const site of live.sites.values()) if (!faulty.has(site.domainId)) this.#lastGood.set(site.domainId, site)
    for (const id of this.#lastGood.keys()) if (!served.has(id)) this.#lastGood.delete(id)
  }

  /** A new site at fault is quarantined. One that was served has lost its files: it is written again, once. */
  #handleFaults(faults: Fault[], plan: Plan, mended: Set<string>): void {
    const rewritten = new Set(plan.changed.map(({ site }) => site.fingerprint))
    const sites = new Map(this.#live.sites)
    for (const { site, detail } of faults) {
      this.#options.log.warn({ domainId: site.domainId, hostname: site.hostname, detail }, 'a vhost cannot be served')
      const wasServed = !rewritten.has(site.fingerprint)
      if (wasServed && !mended.has(site.fingerprint)) mended.add(site.fingerprint)
      else this.#quarantine.add(site, detail)
      if (!wasServed) continue
      sites.delete(site.hostname)
      if (this.#lastGood.get(site.domainId)?.fingerprint === site.fingerprint) this.#lastGood.delete(site.domainId)
    }
    this.#live = { ...this.#live, sites }
  }

  /** An nginx that was killed or never ran is started with what it served last; if it cannot, with nothing. */
  async #startFresh(current: Generation | null): Promise<void> {
    const { nginx } = this.#started()
    if (current === null) {
      await this.#startEmpty()
      return
    }
    try {
      await nginx.start()
    } catch (error) {
      const facts = { dir: this.#options.dir, names: current.sites.length, err: error }
      this.#options.log.error(facts, 'nginx does not start with its last good configuration: starting it with none')
      await this.#startEmpty()
      return
    }
    await this.#awaitStatus(current.number)
    this.#live = { generation: current.number, sites: byHostname(current.sites) }
  }

  async #startEmpty(): Promise<void> {
    const { nginx, settings } = this.#started()
    const empty: Generation = { number: this.#folder.nextNumber(), sites: [] }
    const main = renderMain(mainContents(this.#folder, empty.number, { sites: [], services: [] }), settings)
    const { durable } = await this.#folder.write(empty, { files: [], main, trial: main })
    await durable
    await this.#folder.flip(empty.number)
    await nginx.start()
    await this.#awaitStatus(empty.number)
    this.#folder.keep(empty)
    this.#live = { generation: empty.number, sites: new Map() }
  }

  /** A master that outlived its agent serves `current`, unless the agent died between the flip and the reload. */
  async #adopt(current: Generation): Promise<void> {
    const machinery = this.#started()
    const status = await askStatus(machinery.server)
    if (status?.generation !== current.number) {
      const reload = await reloadTo(current, { ...this.#live, generation: current.number }, machinery)
      if (reload.kind !== 'served') {
        this.#options.log.warn({ dir: this.#options.dir, reload }, 'the adopted nginx does not take its configuration')
        // What it serves is not known: the next apply writes everything anew.
        this.#live = { generation: current.number, sites: new Map() }
        return
      }
    }
    this.#live = { generation: current.number, sites: byHostname(current.sites) }
    this.#options.log.info({ dir: this.#options.dir, names: current.sites.length }, 'adopted the running nginx')
  }

  async #awaitStatus(generation: number): Promise<void> {
    for (const deadline = performance.now() + STATUS_TIMEOUT_MS; performance.now() < deadline; await delay(5)) {
      const status = await askStatus(this.#started().server)
      if (status?.generation === generation) return
    }
    throw new AppError('DEPENDENCY_UNAVAILABLE', 'nginx was started but does not answer its status address.')
  }

  #readSettings(): Promise<MainSettings> {
    return readSettings(this.#options, { version: this.version, controlPlane: this.#controlPlane })
  }

  #started(): Machinery {
    if (this.#machinery === null) throw new AppError('INTERNAL', 'The server was not started.')
    return this.#machinery
  }
}

/** What vhosts depend on; an address of the control plane is none of it, so a change of it renders none of them anew. */
const vhostSettings = ({ listening, http2, certificates, controlPlane: { scheme, host } }: MainSettings) => ({
  listening,
  http2,
  certificates,
  controlPlane: { scheme, host },
})

const byHostname = (sites: Site[]): Map<string, Site> => new Map(sites.map((site) => [site.hostname, site]))
