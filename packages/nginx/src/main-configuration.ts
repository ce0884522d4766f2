import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HOLDING_PAGE, type ResolvedUpstream } from '@mooring/core'
import { listenTexts } from './listening.ts'
import {
  accountText,
  addressText,
  endpointText,
  includeText,
  numberText,
  pageText,
  pathText,
  portSuffixText,
} from './nginx-quoting.ts'
import { type Model, render } from './render.ts'
import { type VhostSettings, controlPlaneModel, http2Model } from './vhost.ts'
import type { WorkerAccount } from './worker-account.ts'

export interface MainSettings extends VhostSettings {
  dir: string
  workerProcesses: number
  worker: WorkerAccount | null
  /** Whether nginx's workers may open its logs anew, without which a log cannot be cut. */
  reopensLogs: boolean
  controlPlane: ResolvedUpstream
}

export interface MainContents {
  generation: number
  nameCount: number
  pidPath: string
  /** Files with vhosts; `*` is nginx's. */
  sites: string[]
  services: readonly Model[]
}

/** `nginx.conf` of one generation. */
export function renderMain(contents: MainContents, settings: MainSettings): string {
  const { dir, listening, controlPlane } = settings
  const trusted = SYSTEM_AUTHORITIES.find((path) => existsSync(path))
  return render('nginx.conf', {
    generation: numberText(contents.generation),
    workerUser: settings.worker && accountText(settings.worker.user),
    workerGroup: settings.worker && accountText(settings.worker.group),
    workerProcesses: numberText(settings.workerProcesses),
    workerConnections: numberText(workerConnections()),
    pidPath: pathText(contents.pidPath),
    errorLogPath: pathText(join(dir, 'logs', 'error.log')),
    accessLogPath: pathText(join(dir, 'logs', 'access.log')),
    trafficLogPath: settings.reopensLogs ? pathText(join(dir, 'logs', 'traffic.log')) : null,
    certificatesPath: pathText(join(dir, 'certificates')),
    clientBodyTempPath: pathText(join(dir, 'temp', 'client-body')),
    proxyTempPath: pathText(join(dir, 'temp', 'proxy')),
    fastcgiTempPath: pathText(join(dir, 'temp', 'fastcgi')),
    uwsgiTempPath: pathText(join(dir, 'temp', 'uwsgi')),
    scgiTempPath: pathText(join(dir, 'temp', 'scgi')),
    serverNamesHashSize: numberText(hashSize(contents.nameCount)),
    publicHttpsPort: numberText(listening.publicHttpsPort),
    publicHttpsPortSuffix: portSuffixText(listening.publicHttpsPort, 443),
    trustedCertificates: trusted === undefined ? null : pathText(trusted),
    holdingPage: pageText(HOLDING_PAGE),
    controlPlane: {
      ...controlPlaneModel(controlPlane),
      servers: controlPlane.addresses.map((address) => endpointText(address, controlPlane.port)),
    },
    services: contents.services,
    listenAddress: listening.address === null ? null : addressText(listening.address),
    listenHttp: listenTexts(listening, listening.httpPort),
    listenHttps: listenTexts(listening, listening.httpsPort),
    ...http2Model(settings.http2),
    sites: contents.sites.map(includeText),
  })
}

/** Where Debian, Fedora, Alpine and SUSE keep the authorities they trust. */
const SYSTEM_AUTHORITIES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
  '/etc/ssl/ca-bundle.pem',
]

/** A power of two with room to spare: nginx warns when its hash of names becomes crowded. */
function hashSize(names: number): number {
  return Math.max(4096, 2 ** Math.ceil(Math.log2(names * 4 + 1)))
}

const WANTED_CONNECTIONS = 4096

/** nginx warns when it may open fewer files than it shall hold connections; it inherits this process's limit. */
function workerConnections(): number {
  let limit = Number.NaN
  try {
    limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1])
  } catch {
    // No /proc on this system: the usual number stands.
  }
  return Number.isFinite(limit) ? Math.min(WANTED_CONNECTIONS, limit) : WANTED_CONNECTIONS
}
