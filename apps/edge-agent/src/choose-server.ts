import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import type { EdgeServer, Log } from '@mooring/core'
import { type CertificateLoading, createNginxServer } from '@mooring/nginx'
import { createBuiltInServer } from './built-in/built-in-server.ts'

export interface ServerChoice {
  dir: string
  /** A path, or a name to look for. */
  nginx: string
  /** Where challenges are answered. */
  apiUrl: URL
  httpPort: number
  httpsPort: number
  publicHttpsPort: number
  listenAddress?: string | undefined
  workerProcesses?: number
  certificates?: CertificateLoading | undefined
  /** See `NginxServerOptions`. */
  onReload?: (seconds: number) => void
  log: Log
}

/** nginx where it is installed; else the built-in server, which says so in one line. */
export async function chooseServer(choice: ServerChoice): Promise<EdgeServer> {
  const { dir, log, apiUrl, httpPort, httpsPort, publicHttpsPort, listenAddress, workerProcesses, certificates } =
    choice
  const common = {
    httpPort,
    httpsPort,
    publicHttpsPort,
    controlPlaneUrl: apiUrl,
    ...(listenAddress === undefined ? {} : { listenAddress }),
  }
  const binary = await findProgram(choice.nginx)
  if (binary !== null) {
    return createNginxServer({
      ...common,
      dir,
      binary,
      log,
      ...(workerProcesses === undefined ? {} : { workerProcesses }),
      ...(certificates === undefined ? {} : { certificates }),
      ...(choice.onReload === undefined ? {} : { onReload: choice.onReload }),
    })
  }
  log.warn(
    { nginx: choice.nginx },
    'nginx is not installed: serving with the built-in server, for trying out only (apt-get install nginx-light brings nginx)',
  )
  return createBuiltInServer(common)
}

// Debian keeps nginx where only root's PATH looks.
const MORE_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']

async function findProgram(name: string): Promise<string | null> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean), ...MORE_FOLDERS]
  const candidates = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name))
  for (const path of candidates) {
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return path
  }
  return null
}
