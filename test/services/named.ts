import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { askDns } from './ask-dns.ts'
import { startDaemon } from './daemon.ts'
import { freePorts } from './free-ports.ts'
import { type NamedOptions, STARTED_ZONE, namedConfiguration, namedFiles } from './named-configuration.ts'
import { provide, type Recipe, type Running } from './provide.ts'

/** BIND: zones from text, dynamic updates, or recursion with validation, as it is configured. */
export interface Named {
  /** `ip:port`, UDP and TCP. */
  dnsServer: string
  /** To be stopped and continued: a server that hangs. */
  pid: number
}

export const startNamed = (options: NamedOptions): Promise<Running<Named>> => provide(recipe(options))

const recipe = (options: NamedOptions): Recipe<Named> => ({
  name: 'BIND',
  fromEnvironment: () => null,
  binaries: ['named'],
  packages: ['bind9'],
  startLocal: (paths) => startLocal(String(paths['named']), options),
})

async function startLocal(program: string, options: NamedOptions): Promise<Running<Named>> {
  const folder = await mkdtemp(join(tmpdir(), 'mooring-named-'))
  const removeFolder = () => rm(folder, { recursive: true, force: true })
  try {
    const [freePort] = (await freePorts(1)) as [number]
    const { port = freePort, zones = [] } = options
    const configuration = join(folder, 'named.conf')
    for (const [name, text] of Object.entries(namedFiles(options))) await writeFile(join(folder, name), text)
    await writeFile(configuration, namedConfiguration({ ...options, folder, port }))

    const dnsServer = `127.0.0.1:${port}`
    const served = [STARTED_ZONE, ...zones.map(({ name }) => name)]
    const daemon = await startDaemon({
      program,
      // In the foreground, with errors on standard error instead of syslog.
      args: ['-g', '-4', '-n', '1', '-c', configuration],
      env: { HOME: folder },
      answers: () => servesAll(dnsServer, served),
    })
    const stop = async () => {
      await daemon.stop()
      await removeFolder()
    }
    return { address: { dnsServer, pid: daemon.pid }, stop }
  } catch (error) {
    await removeFolder()
    throw error
  }
}

/** It answers before it has loaded its zones. One that cannot be loaded is never served. */
async function servesAll(dnsServer: string, zones: string[]): Promise<boolean> {
  const answers = await Promise.allSettled(zones.map((zone) => askDns(dnsServer, zone, 'SOA')))
  return answers.every((answer) => answer.status === 'fulfilled' && answer.value.authoritative)
}
