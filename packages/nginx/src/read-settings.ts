import { AppError, type Log, type ResolvedUpstream } from '@mooring/core'
import { hasIpv6 } from './listening.ts'
import type { MainSettings } from './main-configuration.ts'
import type { CertificateLoading, Http2Form } from './vhost.ts'
import { findWorkerAccount, mayEnter, type WorkerAccount } from './worker-account.ts'

export interface NginxServerOptions {
  /** Absolute; everything nginx reads and writes is in it, keys included. */
  dir: string
  binary?: string
  httpPort: number
  httpsPort: number
  /** Absent: every address of the machine. */
  listenAddress?: string
  /** What visitors see, such as 443 when that port is forwarded. */
  publicHttpsPort: number
  /** `/.well-known/acme-challenge/` is answered by it. */
  controlPlaneUrl: URL
  workerProcesses?: number
  /** For a master that runs as root; the distribution's account for web servers when absent. */
  workerUser?: string
  /** `per_handshake` where the workers may enter the folder, else `at_reload`. */
  certificates?: CertificateLoading
  /** How long nginx may take to serve a generation before it is taken back. */
  proofTimeoutMs?: number
  /** Called with the seconds from the reload's signal to the new generation being served. */
  onReload?: (seconds: number) => void
  log: Log
}

/** `ssl_reject_handshake` (1.19.4) and `-e` (1.19.5). */
const OLDEST = [1, 19, 5] as const

/** What this nginx on this machine is to be configured with; read anew for each apply, since addresses change. */
export async function readSettings(
  options: NginxServerOptions,
  { version, controlPlane }: { version: string; controlPlane: () => Promise<ResolvedUpstream> },
): Promise<MainSettings> {
  const { dir, listenAddress, httpPort, httpsPort, publicHttpsPort, workerProcesses = 2, workerUser } = options
  const address = listenAddress ?? null
  const worker = findWorkerAccount(workerUser)
  return {
    dir,
    listening: { address, ipv6: address === null && hasIpv6(), httpPort, httpsPort, publicHttpsPort },
    http2: http2Form(version),
    workerProcesses,
    worker,
    certificates: options.certificates ?? (entersFolder(dir, worker) ? 'per_handshake' : 'at_reload'),
    reopensLogs: entersFolder(dir, worker),
    controlPlane: await controlPlane(),
  }
}

/** A folder below one that only root may enter is fine, but then only the master can read certificates and open logs. */
const entersFolder = (dir: string, worker: WorkerAccount | null): boolean => worker === null || mayEnter(dir, worker)

function http2Form(version: string): Http2Form {
  const numbers = version.replace('nginx/', '').split('.').map(Number)
  if (isOlder(numbers, OLDEST)) {
    throw new AppError('DEPENDENCY_UNAVAILABLE', `${version} is too old: ${OLDEST.join('.')} or newer is needed.`)
  }
  return isOlder(numbers, [1, 25, 1]) ? 'parameter' : 'directive'
}

function isOlder(version: number[], than: readonly number[]): boolean {
  const at = than.findIndex((part, index) => part !== version[index])
  return at !== -1 && (version[at] ?? 0) < (than[at] ?? 0)
}
