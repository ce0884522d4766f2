import { join } from 'node:path'
import { type Log, type ServedRoute, wildcardOver } from '@mooring/core'
import { blamedSites, isWarning, sentenceOf } from './blame.ts'
import type { NewFile } from './durable-files.ts'
import { tailFromNow } from './error-log.ts'
import { type Fault, judgeTest } from './find-faulty.ts'
import type { Generation, GenerationFolder } from './generation-folder.ts'
import { type MainSettings, renderMain } from './main-configuration.ts'
import { makeRoom } from './make-room.ts'
import type { NginxProcess, TestAnswer } from './nginx-process.ts'
import type { Plan } from './plan.ts'
import { type Expectation, type Served, findUnproved } from './probe.ts'
import { proveReload } from './prove-reload.ts'
import type { Model } from './render.ts'
import { type Site, siteFile } from './site.ts'
import { renderVhost } from './vhost.ts'

/** What nginx serves now, as far as it has been proved. */
export interface Live {
  generation: number
  sites: ReadonlyMap<string, Site>
}

/**
 * - `served`   the generation is proved; `faults` are names in it that did not answer as they must
 * - `faulty`   nothing changed; these sites are at fault
 * - `broken`   nothing changed, or what changed was taken back; no site can be blamed
 */
export type Switch =
  | { kind: 'served'; live: Live; faults: Fault[] }
  | { kind: 'faulty'; faults: Fault[] }
  | { kind: 'broken'; detail: string }

export interface Machinery {
  folder: GenerationFolder
  nginx: NginxProcess
  settings: MainSettings
  server: Served
  proofTimeoutMs: number
  onReload: (seconds: number) => void
  log: Log
}

/** A plan with the upstreams of the services that its vhosts name. */
export interface Planned extends Plan {
  services: readonly Model[]
}

/** Takes nginx from what is live to what is planned: write, test, flip, reload, prove; back again if that fails. */
export async function switchGeneration(plan: Planned, live: Live, machinery: Machinery): Promise<Switch> {
  const { folder, log } = machinery
  const clock = startPhases()
  const generation: Generation = { number: folder.nextNumber(), sites: plan.sites }
  const removed = [...live.sites.values()].filter(
    ({ hostname }) => !plan.sites.some((site) => site.hostname === hostname),
  )

  const { durable } = await folder.write(generation, renderGeneration(generation, plan, machinery))
  clock.mark('writeMs')
  const [answer] = await Promise.all([testTrial(generation.number, machinery), durable])
  const verdict = await judgeTest(answer, changedSites(plan), (sites) =>
    testAlone(generation.number, { ...plan, sites }, machinery),
  )
  clock.mark('testMs')
  if (verdict.kind !== 'ok') {
    await folder.drop(generation.number)
    return verdict
  }

  const reloadedAt = performance.now()
  const reload = await reloadTo(generation, live, machinery)
  if (reload.kind !== 'served') return reload
  clock.mark('reloadMs')
  machinery.onReload((performance.now() - reloadedAt) / 1000)
  const served = new Map(plan.sites.map((site) => [site.hostname, site]))
  const expectations = [
    ...changedSites(plan).map(expectationOf),
    ...removed.map((site) => expectationWithout(site, served)),
  ]
  const wrong = await findUnproved(expectations, machinery.server)
  clock.mark('proofMs')
  folder.keep(generation)
  log.debug(
    {
      generation: generation.number,
      names: plan.sites.length,
      changed: plan.changed.length,
      removed: removed.length,
      ...clock.phases,
    },
    'configuration applied',
  )
  return {
    kind: 'served',
    live: { generation: generation.number, sites: served },
    faults: [...plan.sites, ...removed].flatMap((site) => {
      const detail = wrong.get(site.hostname)
      return detail === undefined ? [] : [{ site, detail }]
    }),
  }
}

/** Flips, reloads and proves; flips back if nginx refuses or does not come to serve the generation. */
export async function reloadTo(
  generation: Generation,
  live: Live,
  machinery: Machinery,
): Promise<{ kind: 'served' } | Exclude<Switch, { kind: 'served' }>> {
  const { folder, nginx, settings } = machinery
  const master = nginx.findMaster()
  if (master === null) return { kind: 'broken', detail: 'nginx is not running.' }
  await makeRoom(nginx, master, generation.sites.length)
  const oldWorkers = nginx.workersOf(master)?.flatMap(({ pid, draining }) => (draining ? [] : [pid])) ?? null
  const errors = tailFromNow(join(settings.dir, 'logs', 'error.log'))
  await folder.flip(generation.number)
  nginx.reload(master)
  const [proof] = await Promise.all([
    proveReload(nginx, {
      master,
      generation: generation.number,
      workerProcesses: settings.workerProcesses,
      oldWorkers,
      server: machinery.server,
      log: errors,
      timeoutMs: machinery.proofTimeoutMs,
    }),
    folder.makeFlipDurable(),
  ])
  const warnings = errors.read().filter(isWarning)
  const faults = warnings.flatMap((message) => blame(message, generation.sites))
  if (proof.kind === 'served' && faults.length === 0) return { kind: 'served' }

  if (live.generation > 0) {
    await folder.flip(live.generation)
    // A refused configuration changed nothing, so nginx needs to be told to go back only from what it took.
    if (proof.kind !== 'refused') nginx.reload(master)
  }
  if (faults.length > 0) return { kind: 'faulty', faults }
  if (proof.kind !== 'refused') return { kind: 'broken', detail: proof.kind === 'unproved' ? proof.detail : 'warned' }
  const blamed = blame(proof.message, generation.sites)
  if (blamed.length > 0) return { kind: 'faulty', faults: blamed }
  return { kind: 'broken', detail: `nginx refused the configuration: ${sentenceOf(proof.message)}` }
}

const blame = (message: string, sites: Site[]): Fault[] =>
  blamedSites(message, sites).map((site) => ({ site, detail: sentenceOf(message) }))

function renderGeneration(generation: Generation, plan: Planned, { folder, settings }: Machinery) {
  return {
    files: plan.changed.flatMap(({ site, route }) => filesFor(site, route, settings)),
    main: renderMain(mainContents(folder, generation.number, plan), settings),
    trial: renderMain(trialContents(folder, generation.number, { ...plan, sites: changedSites(plan) }), settings),
  }
}

type Contents = Pick<Planned, 'sites' | 'services'>

export const mainContents = (folder: GenerationFolder, number: number, { sites, services }: Contents) => ({
  generation: number,
  nameCount: sites.length,
  services,
  pidPath: join(folder.dir, 'nginx.pid'),
  sites: [folder.path(number, 'sites-enabled', '*.conf')],
})

const trialContents = (folder: GenerationFolder, number: number, { sites, services }: Contents) => ({
  generation: number,
  nameCount: sites.length,
  services,
  pidPath: join(folder.dir, 'trial.pid'),
  sites: sites.map((site) => join(folder.dir, 'sites-available', siteFile(site))),
})

function filesFor(site: Site, route: ServedRoute, settings: MainSettings): NewFile[] {
  const { certificate } = route
  const certificatePath = site.certificate === null ? null : join(settings.dir, site.certificate)
  const vhost: NewFile = {
    path: join(settings.dir, 'sites-available', siteFile(site)),
    content: renderVhost(route, { fingerprint: site.fingerprint, certificatePath }, settings),
    mode: 0o644,
  }
  if (certificatePath === null || certificate === null) return [vhost]
  const pair = `${certificate.keyPem.trim()}\n${certificate.chainPem.trim()}\n`
  const owner = settings.certificates === 'per_handshake' ? settings.worker : null
  return [{ path: certificatePath, content: pair, mode: 0o600, owner }, vhost]
}

/**
 * Tests the new vhosts by themselves. Those nginx serves already need no second test, and half of an apply's time would
 * go into reading their certificates again; that all of them fit together is proved by the reload, which nginx refuses
 * as a whole if they do not.
 */
const testTrial = (generation: number, { folder, nginx }: Machinery): Promise<TestAnswer> =>
  nginx.test(folder.path(generation, 'trial.conf'))

async function testAlone(generation: number, contents: Contents, machinery: Machinery): Promise<TestAnswer> {
  const { folder, nginx, settings } = machinery
  const path = await folder.writeTrial(generation, renderMain(trialContents(folder, generation, contents), settings))
  return nginx.test(path)
}

const changedSites = ({ changed }: Plan): Site[] => changed.map(({ site }) => site)

const expectationOf = ({ hostname, serial, fingerprint }: Site): Expectation =>
  serial === null ? { hostname, kind: 'http', fingerprint } : { hostname, kind: 'https', serial }

/** A removed name is refused, unless it is below a wildcard that is served: then that answers it from now on. */
function expectationWithout({ hostname }: Site, served: ReadonlyMap<string, Site>): Expectation {
  const wildcard = served.get(wildcardOver(hostname) ?? '')
  return wildcard === undefined ? { hostname, kind: 'refused' } : { ...expectationOf(wildcard), hostname }
}

function startPhases() {
  const phases: Record<string, number> = {}
  let since = performance.now()
  return {
    phases,
    mark(name: string): void {
      const now = performance.now()
      phases[name] = Math.round(now - since)
      since = now
    },
  }
}
